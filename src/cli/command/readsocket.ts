import { parseSocketOption, type SocketOptionName, type SocketOptions } from '../../relay/relayoptions.js';
import { UsageError } from './errors.js';

/** Reads the value of an option of TCP sockets, `--tcp-keepalive` and the like. `also`: what else may stand there, for the message. */
export function readSocketOption(name: SocketOptionName, text: string, also = ''): SocketOptions {
  const parsed = parseSocketOption(name, text);
  if (parsed.ok) return parsed.options;
  throw new UsageError(`--${name} ${JSON.stringify(text)}: ${parsed.why}${also}`);
}
