/** The door `holdfast/config`: what ssh's configuration means. Loads no ssh2. */
export * from './edit.js';
