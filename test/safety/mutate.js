// Changes a text of LLVM IR at random, by bytes and by tokens: what a compiler gone wrong, or a stranger, might hand us. The same seed, the same text.

/** mulberry32 */
export function generator(seed) {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const ODD = [
  "0",
  "-1",
  "1",
  "7",
  "64",
  "65",
  "128",
  "129",
  "255",
  "256",
  "65536",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "18446744073709551615",
  "99999999999999999999999999",
  "null",
  "undef",
  "poison",
  "zeroinitializer",
  "i0",
  "i1",
  "i7",
  "i8",
  "i33",
  "i64",
  "i65",
  "i128",
  "i256",
  "i8388608",
  "i99999999",
  "ptr",
  "void",
  "label",
  "metadata",
  "float",
  "<4 x i32>",
  "[0 x i8]",
  "[1000000000 x i8]",
  "[4294967296 x [4294967296 x i64]]",
  "{ }",
  "<{ i8, ptr }>",
  "%struct.x",
  "%0",
  "%1",
  "@scenario",
  "@nothing",
  "i32 ()",
  "ptr addrspace(3)",
  "!0",
  "!{}",
  "#0",
  "...",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "<",
  ">",
  ",",
  "=",
  "*",
  '"',
  "\n",
  ";",
  'c"\\00"',
  "x",
  "br label %0",
  "ret void",
  "unreachable",
  "br i1 true, label %1, label %1",
  "switch i32 0, label %1 []",
  "indirectbr ptr null, []",
  "store i8 0, ptr null",
  "call void @scenario()",
  "getelementptr i8, ptr null, i64 -1",
  "phi i32 [ 0, %0 ]",
  "alloca i8, i64 -1",
  "alloca [1000000 x i64]",
  'asm sideeffect "", ""',
  "musttail",
  "byval(i64)",
  "align 3",
  "align 4294967296",
  "volatile",
  "atomic",
  "seq_cst",
  "define",
  "declare",
  "global",
];

const TOKEN = /"[^"\n]*"|[%@!#$][-\w.$]+|-?\d+|[A-Za-z_][\w.]*|[^\s\w]|\n/g;

function tokensOf(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) found.push([match.index, match.index + match[0].length]);
  return found;
}

const cut = (text, from, to, by) => text.slice(0, from) + by + text.slice(to);

function byBytes(text, random) {
  const at = random(text.length);
  const length = 1 + random(random(4) === 0 ? 2000 : 8);
  switch (random(6)) {
    case 0:
      return cut(text, at, at + 1, String.fromCharCode(random(128)));
    case 1:
      return cut(text, at, at + length, "");
    case 2:
      return cut(text, at, at, text.slice(at, at + length));
    case 3: {
      const from = random(text.length);
      return cut(text, at, at, text.slice(from, from + length));
    }
    case 4:
      return text.slice(0, at);
    default:
      return cut(text, at, at, String.fromCharCode(random(random(3) === 0 ? 65536 : 256)));
  }
}

const WORDS = /^[A-Za-z_]/;

/** Another name for a name, another number for a number: what still reads well, and means something else. */
function sameKind(text, random, tokens, one) {
  const kindOf = ([from, to]) => (WORDS.test(text.slice(from, to)) ? "a" : /[\d-]/.test(text[from]) ? "0" : text[from]);
  const kind = kindOf(one);
  if (kind === "0" && random(2) === 0) return cut(text, ...one, ODD[random(20)]);
  const same = tokens.filter((token) => kindOf(token) === kind);
  // Near by, it is a name of the same function.
  const at = same.indexOf(one);
  const other = random(3) > 0 ? same[Math.min(same.length - 1, Math.max(0, at - 40 + random(80)))] : same[random(same.length)];
  return cut(text, ...one, text.slice(...other));
}

function byTokens(text, random, tokens) {
  const pick = () => tokens[random(tokens.length)];
  const wordOf = ([from, to]) => text.slice(from, to);
  const one = pick();
  if (random(2) === 0) return sameKind(text, random, tokens, one);
  switch (random(6)) {
    case 0:
      return cut(text, ...one, "");
    case 1:
      return cut(text, ...one, wordOf(pick()));
    case 2:
      return cut(text, one[0], one[0], `${wordOf(pick())} `);
    case 3:
      return cut(text, ...one, ODD[random(ODD.length)]);
    default: {
      const lines = text.split("\n");
      const [a, b] = [random(lines.length), random(lines.length)];
      switch (random(4)) {
        case 0:
          lines.splice(a, 1);
          break;
        case 1:
          lines.splice(a, 0, lines[b]);
          break;
        case 2:
          [lines[a], lines[b]] = [lines[b], lines[a]];
          break;
        default:
          lines.splice(a, 0, ODD[random(ODD.length)]);
      }
      return lines.join("\n");
    }
  }
}

/** Debug information is most of a text, and the least of what can go wrong: mostly what stands before it is changed. */
export function mutated(text, seed) {
  const random = generator(seed);
  const end = text.indexOf("\n!llvm.dbg.cu");
  let head = end < 0 || random(8) === 0 ? text : text.slice(0, end);
  const tail = text.slice(head.length);
  let tokens = tokensOf(head);
  for (let n = 1 + random(random(3) === 0 ? 12 : 2); n > 0 && head.length > 0 && tokens.length > 0; n--) {
    if (random(6) === 0) head = byBytes(head, random);
    else head = byTokens(head, random, tokens);
    tokens = tokensOf(head);
  }
  return head + tail;
}
