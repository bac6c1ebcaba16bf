/** The library's door. */
export * from './edit.js';
export * from './inspect/probe.js';
export * from './inspect.js';
export * from './open.js';
