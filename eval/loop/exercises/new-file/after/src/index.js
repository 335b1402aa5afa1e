export { capitalise } from './capitalise.js';
export { slugify } from './slug.js';
