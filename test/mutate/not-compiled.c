// SPDX-License-Identifier: Apache-2.0
/* Compiled by no test: a change of it is refused. */
int nobody_reads_this;
