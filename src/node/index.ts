export { useBestBackend } from './backend.js';
