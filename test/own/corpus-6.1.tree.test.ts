import { corpusOn } from "./on-tree.ts";

corpusOn("6.1");
