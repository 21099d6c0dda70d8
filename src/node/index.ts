import './folder.js';
export { useBestBackend, type BestBackend } from './backend.js';
export { loadImage, type Picture } from './image.js';
export { loadMnist, type Mnist, type MnistOptions } from './mnist.js';
