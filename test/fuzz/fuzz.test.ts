import { expect, it } from "vitest";

it("later", () => expect(1).toBe(1));
