/** Exit statuses: part of the interface, as scripts read them. */

/** None found within the bounds. */
export const EXIT_NONE = 0;
/** A violation was found. */
export const EXIT_VIOLATION = 1;
/** The input is at fault: the C, the scenario or the command line. */
export const EXIT_INPUT = 2;
/** Neither: a bound was hit, or the run was interrupted. */
export const EXIT_INCONCLUSIVE = 3;
/**
 * A fault of shootdown itself (EX_SOFTWARE of sysexits.h), so that a crash can never be read as a
 * verdict.
 */
export const EXIT_INTERNAL = 70;
