export { capitalise } from './capitalise.js';
