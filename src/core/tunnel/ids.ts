/**
 * The three kinds of numbers that events, effects and notices go by. A plain number fits each of them, so that JSON and
 * array positions need no cast; one kind never fits another.
 */

/** A link, numbered from 1 in the order in which links are dialled. Never used again. */
export type LinkId = number & { readonly idOf?: 'link' };

/** A client of a local forward, numbered from 1 in the order of arrival. Never used again. */
export type ClientId = number & { readonly idOf?: 'client' };

/** Where a forward stands in the request's `forwards`, from 0. */
export type ForwardIndex = number & { readonly idOf?: 'forward' };

/** An event or effect of a link, a client or a forward. */
export type OfLink<Type extends string> = { readonly type: Type; readonly link: LinkId };
export type OfClient<Type extends string> = { readonly type: Type; readonly client: ClientId };
export type OfForward<Type extends string> = { readonly type: Type; readonly forward: ForwardIndex };
