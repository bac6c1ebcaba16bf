/** The door `holdfast`: a tunnel, and what it needs. */
export * from './open.js';
