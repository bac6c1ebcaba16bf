/** What the command line needs of this verb to read its options: a part of its own, which loads nothing else. */
export {
  parseSocketOption,
  type SocketOptionName,
  type SocketOptions,
} from '../core/keepalive/socketoptions.js';
