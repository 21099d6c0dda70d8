export { useBestBackend, type BestBackend } from './backend.js';
