// The configurations of the bench, by size: CPUs, pages, virtual machines, migrations of each page.

export const QUICK = ["3111", "5111", "6111", "4122"];
export const FULL = [...QUICK, "3211", "4211", "5211"];
/** Those in which SPIN on the model at the grain of statements ends within seconds. */
export const FINE = ["2111", "3111"];

export const definesOf = (configuration) => ["NCPU", "NV", "NK", "ROUNDS"].map((name, i) => `${name}=${configuration[i]}`);
