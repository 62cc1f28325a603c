/** Hashing to 64 bits: what a word of memory contributes to the fingerprint of a state. */
import { i64, type Local, type Value } from "../wasm/values.ts";

const GOLDEN = 0x9e3779b97f4a7c15n;
const ADDRESS_FACTOR = 0xd1342543de82ef95n;

/** A strong 64-bit mix: the finaliser of splitmix64. */
function mix64(value: Value<"i64">, scratch: Local<"i64">): Value<"i64"> {
  const xorShift = (x: Value<"i64">, by: bigint): Value<"i64"> => scratch.tee(x).xor(scratch.shr(by));
  const once = xorShift(value, 30n).mul(0xbf58476d1ce4e5b9n);
  const twice = xorShift(once, 27n).mul(0x94d049bb133111ebn);
  return xorShift(twice, 31n);
}

/** Of `value` among others that `salt` tells apart. */
export const saltedHash = (value: Value<"i64">, salt: Value<"i64">, scratch: Local<"i64">): Value<"i64"> =>
  mix64(value.mul(GOLDEN).add(salt), scratch);

export const addressSalt = (address: Value<"i32">): Value<"i64"> => address.toI64().mul(i64(ADDRESS_FACTOR));
