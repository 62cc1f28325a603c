/**
 * Fills in the sentences that C gives to __sd_fail and __sd_event. In them {0} {1} {2} stand for
 * the arguments:
 *
 *   {0} {0:d}  decimal, signed         {0:x}  hexadecimal
 *   {0:p}      the object at that address, by name
 *   {0:m}      the 8-byte variable, field or element at that address, by name
 *   {0:s}      a constant C string     {0:t}  the thread of that index, by name
 *   {0:v}      the 8-byte word at that address, in the words of its type
 *   {0:w}      when the word at that address was last written: "step 7 (try_to_unmap_one:412)"
 *   {0:h}      when the 4-byte word at that address was changed, each time: "step 2 (get:14), step 5 (put:20)"
 *   {0:l}      the locks that the thread of that index holds, and where it took them
 *
 * A placeholder that makes no sense is left as it stands, so that the author sees it.
 */

export type Spec = "d" | "x" | "p" | "m" | "s" | "t" | "v" | "w" | "h" | "l";

export function fill(text: string, args: readonly bigint[], say: (spec: Spec, value: bigint) => string): string {
  return text.replace(/\{(\d)(?::([dxpmstvwhl]))?\}/g, (whole, index: string, spec: Spec | undefined) => {
    const value = args[Number(index)];
    return value === undefined ? whole : say(spec ?? "d", value);
  });
}

/** Letters and nothing else: `r1=3` and `page_count(p)` are no words. */
const WORD = /^[a-z][a-z'-]*(?=[\s,;:.!?]|$)/i;

/** A sentence: a capital at the start, unless it begins with a name or no word, and a full stop at the end. */
export function sentence(text: string, named = false): string {
  const trimmed = text.trim();
  const start = named || !WORD.test(trimmed) ? trimmed : trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return trimmed === "" || /[.!?]$/.test(start) ? start : `${start}.`;
}
