/**
 * Kinds of differences that the checker of today is known to show (shrunk examples: found/). Each is a fault to mend, here or there; then its line
 * goes, and the test holds the checker to it.
 */
export const KNOWN_KINDS: readonly { readonly kind: RegExp; readonly why: string }[] = [];
