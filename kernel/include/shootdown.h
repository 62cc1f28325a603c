/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shootdown.h - what the engine itself offers to C. All the rest (locks, TLBs, page tables,
 * IPIs, devices) is C on top of this, under kernel/.
 *
 * Time is a sequence of steps. A step of a thread begins at a scheduling point and runs up to the next one.
 * Scheduling points are: every marked access (READ_ONCE, WRITE_ONCE, atomics) to memory that another
 * thread may touch without a common lock, and every atomic section below. Plain accesses are not scheduling
 * points unless they race.
 */
#ifndef SHOOTDOWN_H
#define SHOOTDOWN_H

typedef unsigned long long sd_u64;

/*
 * An atomic section runs as one indivisible operation: no scheduling point inside it. Begin and end stand in
 * the same function (after always_inline), on every path, and do not nest in one function; a section entered while another
 * is open (through a call) is part of the outer one.
 * The kind says how the operation is expected to commute with those of other threads. That is a claim, and the search checks it: where it
 * does not hold (the lock's words are touched otherwise or freed, the lock is released for another thread, or taken while it is
 * taken), the sections of that object are SD_STEP from the next pass on, and a lock that does not keep threads apart protects nothing.
 *   SD_STEP            no claim: an operation that others can see
 *   SD_ACQUIRE         takes lock @obj exclusively (a right mover); adds @obj to the thread's lock set
 *   SD_ACQUIRE_SHARED  takes @obj in shared mode (right mover)
 *   SD_RELEASE         gives back @obj, held exclusively (a left mover)
 *   SD_RELEASE_SHARED  gives back @obj, held in shared mode (left mover)
 *   SD_LOCAL           touches nothing that another thread could tell (commutes with everything)
 *   SD_ALLOC           makes memory live (right mover); otherwise as SD_LOCAL. @obj names the allocator
 * An object is 4 bytes; locks may lie side by side. Holders in shared mode that all change one counter do so by atomic additions whose
 * result is not used, and do not read it: additions commute, reading does not.
 */
#define SD_STEP 0
#define SD_ACQUIRE 1
#define SD_ACQUIRE_SHARED 2
#define SD_RELEASE 3
#define SD_RELEASE_SHARED 4
#define SD_LOCAL 5
#define SD_ALLOC 6

/*
 * To be added to a kind: on x86 the section is no locked instruction, and does not wait until the stores before it have reached memory (--memory tso). It
 * must not read what is stored outside of sections.
 */
#define SD_UNFENCED 16

void __sd_atomic_begin(int kind, const void *obj);
void __sd_atomic_end(void);

/*
 * The order in which stores reach memory. With sequential consistency (--memory sc) all this is nothing, or what it stands for; see docs/memory-order.md.
 * __sd_fence(): all stores of this thread have reached memory. A locked instruction is one by itself, and so is every section without SD_UNFENCED.
 * __sd_store_release(release, lock) calls release(lock), which gives a lock back by a plain store: it comes after all stores before it, and may come later.
 * The lock is held exclusively, and @lock is the object of the section SD_RELEASE; or @lock is NULL, and release() does something else at that moment.
 * __sd_store_buffers(): whether there are any. __sd_stores_waiting(thread), in a section: whether that thread has stores that have not reached memory.
 */
void __sd_fence(void);
void __sd_store_release(void (*release)(void *), void *lock);
int __sd_store_buffers(void);
int __sd_stores_waiting(int thread);

/* In an SD_STEP section: it has taken lock @obj (trylock). Call it before the lock's words change. */
void __sd_took(const void *obj, int shared);

/*
 * Lock @obj, which this thread holds exclusively, is on its way back (a store that waits in a store buffer). The thread holds it on, until the section
 * SD_RELEASE; but what it touches from here on is not touched under the lock.
 */
void __sd_releasing(const void *obj);

/*
 * A guess of the program itself: 0 as long as __sd_refute(obj) was called in no pass so far; the value is the same throughout a pass. For what need not be
 * modelled if a thing never happens (a TLB through which nobody accesses memory): left out while __sd_refuted() is 0, and refuted where it happens. What a
 * program leaves out must be such that it shows nothing then that the machine would not show.
 */
int __sd_refuted(const void *obj);
void __sd_refute(const void *obj);

/*
 * A daemon is busy from __sd_busy(1) to __sd_busy(0): it has to be able to go on, so that waiting for ever there is a deadlock. Elsewhere it may wait for
 * ever. __sd_busy_any(), in the final check: whether some daemon is busy.
 */
void __sd_busy(int busy);
int __sd_busy_any(void);

/*
 * During setup: thread number @thread shares a CPU with all others that are given the same @cpu. While one of them holds @cpu as an exclusive lock
 * (preemption off), the others do not run.
 */
void __sd_on_cpu(int thread, const void *cpu);

/*
 * The guard of the section that is open (opened in this same function) is false: the thread is not enabled now. The section's effects
 * are undone and the thread waits before it; it is tried again whenever the state has changed.
 */
void __sd_block(void) __attribute__((noreturn));

/* A number from 0 to n-1; the search tries them all. Not a scheduling point. */
int __sd_choose(int n);

/*
 * This path is outside the bounds of the scenario: abandon it silently (counted and reported as a bound). What the thread did before is done, and others may
 * see it: outside of sections, an assumption is a scheduling point. Inside a section all of that is undone.
 */
void __sd_assume(int condition);

/*
 * Property violated: end here and report. @klass is a short constant string such as "lost-write", "use-after-free",
 * "bug-on"; @text is a constant sentence in which {0} {1} {2} stand for the arguments:
 *   {0} {0:d}  decimal, signed       {0:x}  hexadecimal
 *   {0:p}  the object at that address, by name ("huge page#1")
 *   {0:m}  the 8-byte variable, field or element at that address, by name ("mm.pgd", "counts[3]")
 *   {0:v}  its value, in the words of its type
 *   {0:w}  when it was last written: "step 7 (try_to_unmap_one:142)", or "setup"; the story shows that write
 *   {0:h}  each time that it was changed, the same way, of a 4-byte variable
 *   {0:l}  the locks that the thread of that index holds, by name, and where it took them
 *   {0:s}  a constant C string       {0:t}  the thread of that index, by name
 * The report puts a capital in front (unless the text begins with a placeholder) and a full stop behind.
 */
void __sd_fail(const char *klass, const char *text, sd_u64 a, sd_u64 b, sd_u64 c) __attribute__((noreturn));

/*
 * A machine event for the story (TLB filled, IPI taken, page freed). No effect on the search, which does not even call it: only
 * the computing of its arguments costs. An event in a section speaks for the section: its accesses are not told. @text as in __sd_fail.
 * @kind is a short constant string, yours to choose ("flush", "pte"), but these mean something:
 *   "minor" "detail" "note"  background: the first to go when the story must become shorter
 *   "+"           goes on with the text of the event before: for more than three arguments, or lists
 *   "name"        from now on the object, global or element of a global array that begins at address @a is called @text
 *   "word"        from now on the 8-byte word at address @a is called @text
 *   "value"       from now on the number @a, where it is the value of a word, is told as @text
 *   "access"      an access by the scenario that went as it should: told only if a closing sentence speaks of it, or by --full
 *   "bound"       not an event: the sentence stands in the verdict, wherever the function could be reached, as a bound on what it says
 * and these are no rows of the story; in the step that fails they finish the closing sentences, in this order:
 *   "because"     what is the case now
 *   "stale"       through which old entry the failing access went, and since when ({0:w}) it was old
 *   "missing" or "missing KIND"  which flush or callback should have been there. With KIND the report adds which events of
 *                 that kind there were since then instead, and what they reached
 */
void __sd_event(const char *kind, const char *text, sd_u64 a, sd_u64 b, sd_u64 c);

/*
 * Defined by the program, if there is anything to show: behind each step of a story that is drawn, and behind setup, the engine runs sd_show(), which says by events
 * what there is now. It must change nothing. In the order in which they are to be drawn:
 *   "show box KIND"  a thing that has parts, known by address @a and called @text; boxes of one KIND stand side by side, and what is told twice is one thing
 *   "show part"      a part of the box before: what is at address @a, called @text
 *   "show value"     of the part before: what it is now. @a: the address of the box that it leads to, or 0
 *   "show stale"     the same, and it is not what it should be by now
 */
void sd_show(void);

/* 1 while a schedule is run again for its story, 0 in the search: what only finds out whether there is something to tell asks this first. */
int __sd_told(void);

/*
 * A thread of the scenario, created during setup only. @name is a constant string ("CPU1", "kworker");
 * @column says which column of the story it prints in, e.g. "CPU1" (threads of one CPU may share it).
 */
#define SD_DAEMON 1 /* may be at any point when the others have finished: no deadlock, no join */
int __sd_thread(const char *name, const char *column, void (*fn)(void *), void *arg, int flags);

/* Index of the running thread, from 0 in order of creation; -1 during setup and the final check. */
int __sd_self(void);

/*
 * A parameter of the scenario: a global with this value, unless -Dname=VALUE gives it another (a number, or a name of its enum). Unlike a macro it
 * leaves the program as it is, so that many values are checked with one compilation. At the start of a line of a file that is named.
 */
#define SD_PARAM(type, name, value) type name __attribute__((section("sd_param"))) = value

/*
 * Which memory is live, as KASAN sees it. Globals are live from the start, but for those marked __sd_arena, from which objects are
 * allocated: none of their bytes is. These two change it. @name (constant) says what kind of object it is. __sd_dead also zeroes the
 * bytes. An access to dead memory is a violation (use after free, or out of bounds). Both belong into an atomic section: SD_ALLOC or SD_STEP for
 * __sd_live, SD_STEP for __sd_dead.
 * Addresses are 8-byte aligned; sizes may be any.
 */
#define __sd_arena __attribute__((section("sd_arena")))
void __sd_live(void *p, unsigned long size, const char *name);
void __sd_dead(void *p, unsigned long size);

/*
 * None of these bytes, which are live, has been written. They may be copied, but a branch, an address or a call that depends on one of them is a violation, as
 * KMSAN reports it.
 */
void __sd_uninit(void *p, unsigned long size);

/*
 * Before any store into [start, end) the engine calls sd_watched_store(word address, old word, new word), which the program defines; it
 * runs inside the store, with no scheduling point. Used for page tables: the machine sees every change of an entry. During setup only.
 */
void __sd_watch(void *start, void *end);

/*
 * During setup only, at most 8: from now on addresses in [base, base+size) mean [target, target+size), a global array.
 * For real kernels whose headers fix where physical memory and the memory map lie (PAGE_OFFSET, VMEMMAP_START): pointers
 * keep their real values. An object must not be reached both ways where pointers to it are compared.
 */
void __sd_segment(unsigned long base, unsigned long size, void *target);

#endif
