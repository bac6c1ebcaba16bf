import type { Bytes } from '../bytes.js';
import { integerOf } from './numbers.js';

/** The port of a service by its name in /etc/services; null: it has no such name, undefined: not known yet. */
export type Services = (name: Bytes) => number | null | undefined;

/** What a reader throws when it must know a service first, see `withServices`. */
export class ServiceWanted extends Error {
  constructor(readonly service: Bytes) {
    super(service);
  }
}

/** What a reader comes to, or the service that it must know first. */
export function withServices<T>(read: () => T): T | { readonly type: 'service'; readonly name: Bytes } {
  try {
    return read();
  } catch (error) {
    if (error instanceof ServiceWanted) return { type: 'service', name: error.service };
    throw error;
  }
}

/** A port as ssh reads one (`a2port` in misc.c): 0 to 65535, or the name of a TCP service. -1 for anything else. */
export function portOf(text: Bytes, services: Services): number {
  const port = integerOf(text, 0, 65_535);
  if (typeof port === 'number') return port;
  // No service begins like a number, and none has white space.
  if (!/^[A-Za-z0-9][\x21-\x7e]{0,254}$/.test(text) || /^[0-9]+$/.test(text)) return -1;
  const service = services(text);
  if (service === undefined) throw new ServiceWanted(text);
  return service ?? -1;
}
