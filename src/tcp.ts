/** The door `holdfast/tcp`: TCP keepalive, live connections, doctor, probe. ssh2 is loaded when a path is probed. */
export * from './inspect/probepath.js';
export * from './inspect.js';
