/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comes before every file of a tree. The same question in another order: a handler of an interrupt then does not look at the preemption count of the
 * thread that it has interrupted, which would make each change of that count something that others see.
 */
#ifdef SD_FLUSH_WITHOUT_INTERRUPTS
/* Tables are then freed by RCU, as x86 is configured with PARAVIRT; kernel/own/irq.c has the flush itself. */
#define CONFIG_MMU_GATHER_TABLE_FREE 1
#define CONFIG_MMU_GATHER_RCU_TABLE_FREE 1
#endif

#ifdef SD_FAILURES
/* A trylock of a page is inline; failures.c says whether it fails though nobody has the page. */
#include <linux/pagemap.h>
extern bool sd_fails_now(const char *what);
#define folio_trylock(folio) (!sd_fails_now("a trylock of a page") && (folio_trylock)(folio))
#define trylock_page(page) folio_trylock(page_folio(page))
#endif

#include <linux/preempt.h>
#ifdef preemptible
#undef preemptible
#define preemptible() (!irqs_disabled() && preempt_count() == 0)
#endif

/* The CPU's number may share a word with that count. kernel/own/percpu.c knows it too. */
#include <linux/smp.h>
extern int sd_processor_id(void);
#undef raw_smp_processor_id
#undef __smp_processor_id
#define raw_smp_processor_id() sd_processor_id()
#define __smp_processor_id() sd_processor_id()

/*
 * A thread that reads under a semaphore knows so by itself. To look at the semaphore's count, as the tree does, would show others' readers: no
 * taking or releasing of it could then be merged with what comes after or before.
 */
#include <linux/rwsem.h>
extern int sd_reads_under(const struct rw_semaphore *sem);
#define rwsem_assert_held(sem) do { if (!sd_reads_under(sem)) (rwsem_assert_held)(sem); } while (0)
