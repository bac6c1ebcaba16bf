// For NODE_OPTIONS=--require=<this file>: the optional package koffi is not installed.
const Module = require('node:module');
const load = Module._load;

Module._load = function (request, ...rest) {
  if (request === 'koffi') {
    const error = new Error("Cannot find module 'koffi' (test/support/no-koffi.cjs)");
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  }
  return load.call(this, request, ...rest);
};
