// SPDX-License-Identifier: Apache-2.0
/*
 * scenario.c - what a scenario calls to set itself up, its threads, and the check at the end.
 *
 * An address space is made by the tree's mm_alloc(), a mapping is a VMA that the tree's insert_vm_struct() links. Setup runs alone, as thread 0 on CPU 0.
 */
#include <linux/sched/signal.h>

#include "own.h"

void sd_place(int thread, int cpu);

struct vm_area_struct sd_no_vma;

unsigned long sd_loops[SD_MAX_TASKS];	/* a thread of sd_user() */

static struct {
	void (*fn)(void *arg);
	void *arg;
} sd_work[SD_MAX_TASKS];

/* Of all processes: no limit on what they map, and no signals. */
static struct signal_struct sd_signal;

void sd_once(void)
{
	static bool done;
	int i;

	if (done)
		return;
	done = true;
	sd_percpu_init();
	sd_frames_init();
	init_mm.pgd = swapper_pg_dir;
	for (i = 0; i < RLIM_NLIMITS; i++)
		sd_signal.rlim[i] = (struct rlimit){ .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
	for (i = 0; i < SD_MAX_TASKS; i++) {
		refcount_set(&sd_task_structs[i].usage, 1);	/* until it is reaped, which nobody does */
		sd_task_structs[i].signal = &sd_signal;
	}
	sd_task_structs[0].active_mm = &init_mm;
	sd_fork_init();
	anon_vma_init();
	maple_tree_init();
	__sd_thread("RCU", "RCU", sd_rcu_daemon, NULL, SD_DAEMON);
	sd_cpu_of[1] = SD_CPUS - 1;
}

struct mm_struct *sd_mm(const char *name)
{
	struct mm_struct *mm;

	sd_once();
	mm = mm_alloc();
	if (!mm)
		__sd_fail("scenario", "mm_alloc() fails", 0, 0, 0);
#ifdef SD_HAS_MM_GET_AREA
	mm->get_unmapped_area = arch_get_unmapped_area;	/* as the program that is run would have it */
#endif
	__sd_event("name", "{1:s}", (sd_u64)mm, (sd_u64)name, 0);
	sd_task_structs[0].mm = mm;	/* setup calls on behalf of the latest */
	return mm;
}

int sd_new_upage(struct mm_struct *mm, unsigned long va, unsigned int location)
{
	if (sd_nr_upages == SD_UPAGES)
		__sd_fail("model-limit", "the scenario has more user pages than SD_UPAGES, which is {0:d}", SD_UPAGES, 0, 0);
	sd_upages[sd_nr_upages] = (struct sd_upage){ .mm = mm, .va = va, .pgd = (unsigned int)sd_frame_at(__pa(mm->pgd) >> PAGE_SHIFT), .location = location };
	sd_find_tables(&sd_upages[sd_nr_upages]);
	return sd_nr_upages++;
}

static void map_at(struct mm_struct *mm, struct file *file, unsigned long start, unsigned long size, bool readonly)
{
	unsigned long flags = VM_READ | (readonly ? 0 : VM_WRITE) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vm_area_alloc(mm);
	if (!vma)
		__sd_fail("scenario", "vm_area_alloc() fails", 0, 0, 0);
	if (!file || !sd_is_plain(file))
		vma_set_anonymous(vma);
	vma->vm_start = start;
	vma->vm_end = start + size;
#ifdef SD_HAS_VM_FLAGS_INIT
	vm_flags_init(vma, flags);
#else
	vma->vm_flags = flags;
#endif
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_pgoff = start >> PAGE_SHIFT;
	if (file && sd_is_plain(file))
		sd_plain_mmap(file, vma, readonly);
	else if (file)
		sd_hugetlb_mmap(file, vma);
	if (insert_vm_struct(mm, vma))
		__sd_fail("scenario", "insert_vm_struct() fails", 0, 0, 0);
	if (file && sd_is_plain(file))
		vma_set_page_prot(vma);	/* read-only until the file has been told, where it wants to be */
	mmap_write_unlock(mm);
}

/* A VMA in a gigabyte of its own, where the next one goes. */
static unsigned long map(struct mm_struct *mm, struct file *file, unsigned long size, bool readonly)
{
	static unsigned long next = 0x40000000;
	unsigned long start = next;

	next += PUD_SIZE;
	map_at(mm, file, start, size, readonly);
	return start;
}

void sd_mmap_fixed(struct mm_struct *mm, unsigned long va)
{
	/* First: another thread may access what is mapped before mmap() has returned. */
	__sd_atomic_begin(SD_STEP, NULL);
	sd_new_upage(mm, va, sd_new_location());
	__sd_atomic_end();
	map_at(mm, NULL, va, PAGE_SIZE, false);
}

unsigned long sd_mmap(struct mm_struct *mm, struct file *file, unsigned int nr_pages)
{
	unsigned long start = map(mm, file, nr_pages * PAGE_SIZE, false);
	unsigned int i;

	if (file && sd_is_plain(file))
		sd_plain_upages(mm, file, start, false);
	else if (file)
		sd_hugetlb_upages(mm, file, start);
	else
		for (i = 0; i < nr_pages; i++)
			sd_new_upage(mm, start + i * PAGE_SIZE, sd_new_location());
	return start;
}

unsigned long sd_mmap_readonly(struct mm_struct *mm, struct file *file)
{
	unsigned long start = map(mm, file, PAGE_SIZE, true);

	if (file)
		sd_plain_upages(mm, file, start, true);
	else
		sd_new_upage(mm, start, sd_new_location());
	return start;
}

unsigned long sd_mmap_thp(struct mm_struct *mm)
{
	unsigned long start = map(mm, NULL, HPAGE_PMD_SIZE, false);

#ifdef SD_HAS_ANON_ORDERS
	huge_anon_orders_inherit = BIT(HPAGE_PMD_ORDER);	/* as hugepage_init() leaves it */
#endif
	sd_upages[sd_new_upage(mm, start, sd_new_location())].huge = true;
	return start;
}

unsigned long sd_mmap_collapsible(struct mm_struct *mm)
{
	unsigned long start = map(mm, NULL, HPAGE_PMD_SIZE, false);

	/* As "never" in /sys leaves it: khugepaged's work is done by MADV_COLLAPSE, which does not ask. */
	transparent_hugepage_flags = 0;
	sd_upages[sd_new_upage(mm, start, sd_new_location())].extent = HPAGE_PMD_SIZE;
	return start;
}

void sd_populate(struct mm_struct *mm, unsigned long va)
{
	struct sd_upage *up = &sd_upages[sd_upage_at(mm, va)];
	unsigned long leaf;

	if (!sd_fault(up, true))
		__sd_fail("scenario", "{0:x} cannot be populated", va, 0, 0);
	leaf = sd_walk(up, false);
	if (!leaf || sd_leaf_frame(leaf) < 0)
		__sd_fail("scenario", "{0:x} is not mapped after its fault", va, 0, 0);
	if (up->huge && !(leaf & _PAGE_PSE))
		__sd_fail("scenario", "the fault at {0:x} was given no huge page", va, 0, 0);
	sd_current_in[up->location] = 1ULL << sd_leaf_frame(leaf);
}

static void load(int cpu, struct mm_struct *mm)
{
	long home = sd_cpu_of[sd_me()];

	sd_cpu_of[sd_me()] = cpu;
	local_irq_disable();
	switch_mm_irqs_off(NULL, mm, current);
	local_irq_enable();
	sd_cpu_of[sd_me()] = home;
}

void sd_switch_mm(struct mm_struct *mm)
{
	local_irq_disable();
	switch_mm_irqs_off(NULL, mm, current);
	local_irq_enable();
	current->mm = current->active_mm = mm;
}

void sd_enter_lazy_tlb(void)
{
	local_irq_disable();
	enter_lazy_tlb(current->active_mm, current);
	local_irq_enable();
	current->mm = NULL;
}

static void check_held(void)
{
	if (sd_holds_lock())
		__sd_fail("lock-leak", "{0:t} ends and holds {0:l}", (sd_u64)__sd_self(), 0, 0);
	if (sd_reads_rcu())
		__sd_fail("lock-leak", "{0:t} ends in a read section of RCU or SRCU", (sd_u64)__sd_self(), 0, 0);
}

static void check_end(void)
{
	check_held();
	if (preempt_count() & ~PREEMPT_NEED_RESCHED)
		__sd_fail("lock-leak", "{0:t} ends with preemption off", (sd_u64)__sd_self(), 0, 0);
	if (sd_irqs_are_off())
		__sd_fail("lock-leak", "{0:t} ends with interrupts off", (sd_u64)__sd_self(), 0, 0);
}

static void run_once(void *arg)
{
	sd_work[sd_me()].fn(sd_work[sd_me()].arg);
	check_end();
}

/* Over and over, until an access is not allowed any more: the process has got a signal then. */
static void run_for_ever(void *arg)
{
	for (;;) {
		sd_work[sd_me()].fn(sd_work[sd_me()].arg);
		check_held();
	}
}

int sd_thread_on[SD_CPUS];

static void new_thread(int cpu, struct mm_struct *mm, const char *name, bool daemon, void (*fn)(void *), void *arg)
{
	static bool taken[SD_CPUS];
	struct task_struct *task;
	int thread;

	sd_once();
	if (cpu < 0 || cpu >= SD_CPUS)
		__sd_fail("model-limit", "the scenario has more CPUs than SD_CPUS, which is {0:d}", SD_CPUS, 0, 0);
	if (taken[cpu])
		__sd_fail("scenario", "{0:s} has a thread already: on a tree's own mm each has a CPU of its own", (sd_u64)sd_walker_names[cpu], 0, 0);
	taken[cpu] = true;
	thread = __sd_thread(name, sd_walker_names[cpu], daemon ? run_for_ever : run_once, arg, daemon ? SD_DAEMON : 0) + 1;
	task = &sd_task_structs[thread];
	sd_place(thread, cpu);
	sd_work[thread].fn = fn;
	sd_work[thread].arg = arg;
	sd_loops[thread] = daemon;
	task->mm = mm;
	task->active_mm = mm ? mm : &init_mm;
	if (!mm)
		task->flags |= PF_KTHREAD;
	__sd_on_cpu(thread - 1, &sd_irq_off[cpu]);
	if (__sd_store_buffers())
		sd_thread_on[cpu] = thread;
	if (mm)
		load(cpu, mm);
}

void sd_cpu_run(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *arg), void *arg)
{
	new_thread(cpu, mm, name, false, fn, arg);
}

void sd_daemon(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *), void *arg)
{
	new_thread(cpu, mm, name, true, fn, arg);
}

void sd_wait_for_ever(void)
{
	__sd_atomic_begin(SD_STEP, NULL);
	__sd_block();
	__sd_atomic_end();
}

bool sd_last(unsigned int nr)
{
	static unsigned long asked;
	bool last;

	__sd_atomic_begin(SD_STEP, &asked);
	last = ++asked == nr;
	__sd_atomic_end();
	return last;
}

void sd_user(int cpu, struct mm_struct *mm, void (*fn)(void *arg), void *arg)
{
	new_thread(cpu, mm, "user", true, fn, arg);
}

void sd_kworker(int cpu)
{
	sd_have_worker();
	new_thread(cpu, NULL, "kworker", true, sd_work_once, NULL);
}

__weak void sd_at_end(void)
{
}

void sd_final(void)
{
	sd_final_contents();
	sd_final_files();
	sd_final_swap();
	sd_final_entries();
	sd_final_page_locks();
	sd_at_end();
}
