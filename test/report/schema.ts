/** As much of JSON Schema as docs/report-schema.json uses. Returns what is wrong, with the path; an unknown keyword is wrong too. */

type Schema = Readonly<Record<string, unknown>>;

const ANNOTATIONS = new Set(["$schema", "$id", "title", "description", "$defs"]);

export function validate(root: Schema, value: unknown, schema: Schema = root, path = "$"): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) =>
    ANNOTATIONS.has(keyword) ? [] : check(root, schema, keyword, rule, value, path),
  );
}

const isObject = (v: unknown): v is Schema => typeof v === "object" && v !== null && !Array.isArray(v);

function typeMatches(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function check(root: Schema, schema: Schema, keyword: string, rule: unknown, value: unknown, path: string): string[] {
  const wrong = (ok: boolean, what: string): string[] => (ok ? [] : [`${path}: ${what}`]);
  switch (keyword) {
    case "type":
      return wrong(
        [rule].flat().some((t) => typeMatches(String(t), value)),
        `not of type ${String(rule)}`,
      );
    case "const":
      return wrong(value === rule, `not ${String(rule)}`);
    case "enum":
      return wrong((rule as unknown[]).includes(value), `not one of ${String(rule)}`);
    case "minimum":
      return wrong(typeof value !== "number" || value >= (rule as number), `less than ${String(rule)}`);
    case "maximum":
      return wrong(typeof value !== "number" || value <= (rule as number), `more than ${String(rule)}`);
    case "minItems":
      return wrong(!Array.isArray(value) || value.length >= (rule as number), "too few");
    case "maxItems":
      return wrong(!Array.isArray(value) || value.length <= (rule as number), "too many");
    case "required":
      return isObject(value) ? (rule as string[]).filter((k) => !(k in value)).map((k) => `${path}: ${k} is missing`) : [];
    case "properties":
      return isObject(value)
        ? Object.entries(rule as Record<string, Schema>).flatMap(([k, s]) =>
            k in value ? validate(root, value[k], s, `${path}.${k}`) : [],
          )
        : [];
    case "additionalProperties": {
      if (!isObject(value)) return [];
      const known = Object.keys((schema["properties"] ?? {}) as object);
      const others = Object.keys(value).filter((k) => !known.includes(k));
      if (rule === false) return others.map((k) => `${path}: ${k} is not in the schema`);
      return others.flatMap((k) => validate(root, value[k], rule as Schema, `${path}.${k}`));
    }
    case "items":
      return Array.isArray(value) ? value.flatMap((v, i) => validate(root, v, rule as Schema, `${path}[${i}]`)) : [];
    case "oneOf":
      return wrong(
        (rule as Schema[]).filter((s) => validate(root, value, s, path).length === 0).length === 1,
        "not exactly one of the alternatives",
      );
    case "$ref": {
      const name = String(rule).replace("#/$defs/", "");
      return validate(root, value, (root["$defs"] as Record<string, Schema>)[name]!, path);
    }
    default:
      return [`${path}: the test's validator does not know "${keyword}"`];
  }
}
