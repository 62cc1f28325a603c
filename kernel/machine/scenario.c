// SPDX-License-Identifier: Apache-2.0
/*
 * scenario.c - what a scenario calls to set itself up (shootdown/scenario.h).
 *
 * Runs before any thread does, so nothing here needs a lock, and nothing that it fills in changes later: address spaces, VMAs, files
 * and who runs where are fixed for the whole search unless kernel code under check changes them, or a process ends (mm/exit.c).
 */
#include <shootdown/scenario.h>

struct task_struct sd_tasks[SD_MAX_TASKS] = { { .comm = "setup" } };
struct mm_struct *sd_mms[SD_MAX_MM];
int sd_nr_mms;

static struct mm_struct mms[SD_MAX_MM] __sd_arena;
static struct vm_area_struct vmas[2 * SD_MAX_MM];
static struct file files[2];
static int nr_vmas, nr_files;

void sd_tlb_daemon(void *walker);

static const char *const cpu_names[] = { "CPU0", "CPU1", "CPU2", "CPU3", "CPU4", "CPU5", "CPU6", "CPU7",
					 "CPU8", "CPU9", "CPU10", "CPU11", "CPU12", "CPU13", "CPU14", "CPU15" };

/* "CPU1 (B)": a thread in user mode of an address space has no other name. */
static const char *user_name(int cpu, struct mm_struct *mm)
{
	static char names[SD_MAX_TASKS][16];
	static int nr_names;
	char *name = names[nr_names++];
	unsigned int n = 0;
	const char *c;

	for (c = cpu_names[cpu]; *c; c++)
		name[n++] = *c;
	name[n++] = ' ';
	name[n++] = '(';
	for (c = mm->sd_name; *c && n < sizeof(names[0]) - 2; c++)
		name[n++] = *c;
	name[n++] = ')';
	return name;
}

static void limit(bool ok, const char *what, int value)
{
	if (!ok)
		__sd_fail("model-limit", "the scenario has more {0:s}, which is {1:d}", (sd_u64)what, (sd_u64)value, 0);
}

struct mm_struct *sd_mm(const char *name)
{
	struct mm_struct *mm = &mms[sd_nr_mms];

	limit(sd_nr_mms < SD_MAX_MM, "address spaces than SD_MAX_MM", SD_MAX_MM);
	__sd_watch(sd_frames, sd_frames + SD_NR_FRAMES);
	sd_mms[sd_nr_mms++] = mm;
	__sd_live(mm, sizeof(*mm), "mm_struct");
	mm->sd_name = name;
	__sd_event("name", "{1:s}", (sd_u64)mm, (sd_u64)name, 0);
	mm->pgd = page_address(sd_frame_alloc(SD_FRAME_TABLE, 0));
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	return mm;
}

static struct file *new_file(const char *name, unsigned int nr_pages, bool huge)
{
	struct file *file = &files[nr_files];
	unsigned int i;

	limit(nr_files < (int)ARRAY_SIZE(files), "files than the model has", (int)ARRAY_SIZE(files));
	limit(nr_pages <= SD_FILE_PAGES, "pages of a file than SD_FILE_PAGES", SD_FILE_PAGES);
	nr_files++;
	__sd_event("name", "{1:s}", (sd_u64)file, (sd_u64)name, 0);
	file->f_mapping = &file->sd_mapping;
	file->sd_huge = huge;
	file->sd_mapping.sd_name = name;
	file->sd_mapping.sd_nr_pages = nr_pages;
	file->sd_mapping.sd_location = sd_new_location(nr_pages * SD_WORDS);
	for (i = 0; i < nr_pages * SD_WORDS; i++)
		sd_name_location(file->sd_mapping.sd_location + i, &file->sd_mapping, i / SD_WORDS, !huge);
	return file;
}

struct file *sd_hugetlb_file(const char *name, unsigned int nr_pages)
{
#if SD_KERNEL >= 509
	/* i_mmap_rwsem orders users of shared tables as since 5.7; 6.1 has a lock of each VMA for that instead (8d9bfb260814, 3a47c54f09c4). */
	__sd_event("bound", "hugetlb faults and shared PMD tables as in 5.8", 0, 0, 0);
#endif
	return new_file(name, nr_pages, true);
}

struct file *sd_file(const char *name, unsigned int nr_pages)
{
	return new_file(name, nr_pages, false);
}

/* Every mapping has a gigabyte of addresses of its own: mm number n maps its k-th thing at (4n + k + 1) GiB. */
unsigned long sd_mmap(struct mm_struct *mm, struct file *file, unsigned int nr_pages)
{
	struct vm_area_struct *vma = &vmas[nr_vmas], **last;
	unsigned long size = file && file->sd_huge ? HPAGE_SIZE : PAGE_SIZE;
	unsigned long start = (4 * (unsigned long)(mm - mms) + 1) * PUD_SIZE;
	unsigned int location, i;

	limit(nr_vmas < (int)ARRAY_SIZE(vmas), "mappings than 2 * SD_MAX_MM", (int)ARRAY_SIZE(vmas));
	nr_vmas++;
	for (last = &mm->mmap; *last; last = &(*last)->vm_next)
		start += PUD_SIZE;
	*last = vma;
	if (file)
		nr_pages = file->sd_mapping.sd_nr_pages;
	vma->vm_mm = mm;
	vma->vm_start = start;
	vma->vm_end = start + (file && file->sd_huge ? PUD_SIZE : nr_pages * PAGE_SIZE);
	vma->vm_page_prot = PAGE_SHARED;
	vma->vm_flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;
	vma->vm_file = file;
	if (file) {
		vma->vm_flags |= VM_SHARED | VM_MAYSHARE | (file->sd_huge ? VM_HUGETLB : 0);
		vma_interval_tree_insert(vma, &file->f_mapping->i_mmap);
		location = file->sd_mapping.sd_location;
	} else {
		location = sd_new_location(nr_pages * SD_WORDS);
	}
	for (i = 0; i < nr_pages; i++) {
		limit(sd_nr_upages < SD_NR_UPAGES, "user pages than SD_NR_UPAGES", SD_NR_UPAGES);
		sd_upages[sd_nr_upages++] = (struct sd_upage){
			mm, start + i * size, size, location + i * SD_WORDS, file ? file->f_mapping : NULL, i, NULL,
		};
	}
	return start;
}

void sd_populate(struct mm_struct *mm, unsigned long va)
{
	vm_fault_t fault = handle_mm_fault(find_vma(mm, va), va, FAULT_FLAG_USER | FAULT_FLAG_WRITE);

	struct sd_upage *up = &sd_upages[sd_find_upage(mm, va)];
	u64 leaf;

	if (fault & VM_FAULT_ERROR)
		__sd_fail("scenario", "{0:x} cannot be populated: fault {1:x}", va, fault, 0);
	leaf = sd_walk(mm, va, false);
	if (leaf)
		sd_data_populated(pfn_to_page((leaf & PTE_PFN_MASK) >> PAGE_SHIFT), up->location);
}

struct page *sd_page_of(struct file *file, unsigned int index)
{
	return READ_ONCE(file->f_mapping->sd_pages[index]);
}

/* A thread that runs once must leave as it came. */
static void run_once(void *arg)
{
	struct task_struct *task = arg;

	task->sd_fn(task->sd_arg);
#if SD_KERNEL >= 605
	/* A missing pte_unmap(): where RCU readers are not counted (no CONFIG_PREEMPT_RCU) the kernel does not notice. */
	while (!task->locks_held && sd_tables_mapped[__sd_self() + 1])
		pte_unmap(NULL);
#endif
	if (task->locks_held < 0)
		__sd_fail("bad-unlock", "{0:s} ends and has released a lock that another thread had taken", (sd_u64)task->comm, 0, 0);
	if (task->locks_held)
		__sd_fail("lock-leak", "{0:s} ends and still holds {1:l}", (sd_u64)task->comm, (sd_u64)__sd_self(), 0);
	if (task->preempt_count || task->irqs_off || task->rcu_depth)
		__sd_fail("lock-leak", task->irqs_off ? "{0:s} ends with interrupts off: {1:l}" : task->rcu_depth ?
			  "{0:s} ends inside an RCU read section: {1:l}" : "{0:s} ends with preemption off", (sd_u64)task->comm,
			  (sd_u64)__sd_self(), 0);
	if (task->notifier_depth)
		__sd_fail("notifier-unpaired", "{0:s} ends after {1:d} range starts without their end", (sd_u64)task->comm,
			  (sd_u64)task->notifier_depth, 0);
}

static void run_for_ever(void *arg)
{
	struct task_struct *task = arg;
	void (*fn)(void *) = task->sd_fn;

	for (arg = task->sd_arg;;)
		fn(arg);
}

static struct task_struct *new_task(int cpu, struct mm_struct *mm, const char *name, bool daemon,
				    void (*fn)(void *), void *arg)
{
	static int nr_tasks;
	struct task_struct *task = &sd_tasks[nr_tasks + 1];

	limit(nr_tasks + 1 < SD_MAX_TASKS, "threads than SD_MAX_TASKS", SD_MAX_TASKS);
	limit(cpu < NR_CPUS && cpu < (int)ARRAY_SIZE(cpu_names), "CPUs than NR_CPUS", NR_CPUS);
	nr_tasks++;
	task->comm = name ? name : user_name(cpu, mm);
	task->cpu = cpu;
	task->mm = mm;
	task->sd_fn = fn;
	task->sd_arg = arg;
	task->sd_daemon = daemon;
	__sd_event("name", "{1:s}", (sd_u64)&sd_walkers[cpu], (sd_u64)cpu_names[cpu], 0);
	__sd_event("name", "{1:s}", (sd_u64)task, (sd_u64)task->comm, 0);
	return task;
}

static void load_mm(int cpu, struct mm_struct *mm)
{
	struct sd_walker *w = &sd_walkers[cpu];

	if (mm && w->mm && w->mm != mm)
		__sd_fail("scenario", "{0:s} is in {1:s} for good: threads of another address space need a CPU of their own",
			  (sd_u64)cpu_names[cpu], (sd_u64)w->mm->sd_name, 0);
	if (!mm || w->mm)
		return;
	w->name = cpu_names[cpu];
	w->mm = mm;
	mmgrab(mm);	/* the CPU's own, until it runs in another */
	cpumask_set_cpu(cpu, mm_cpumask(mm));
#ifdef SD_TLB_NAIVE
	sd_loop_thread(cpu, "TLB", NULL, sd_tlb_daemon, w);
#endif
}

/* Its only thread, plus 1, where the CPU has a store buffer. */
int sd_thread_on[NR_CPUS];

/* Threads of one CPU take turns, and not while one has preemption or interrupts off. */
static void put_on_cpu(int thread, struct task_struct *task)
{
	static struct task_struct *first[NR_CPUS];

	__sd_on_cpu(thread, &sd_walkers[task->cpu].taken);
	if (__sd_store_buffers()) {
		if (sd_thread_on[task->cpu])
			__sd_fail("scenario", "two threads share {0:s}: with --memory tso each has a CPU, and a store buffer, of its own",
				  (sd_u64)cpu_names[task->cpu], 0, 0);
		sd_thread_on[task->cpu] = thread + 1;
	}
	if (first[task->cpu])
		first[task->cpu]->sd_shares_cpu = task->sd_shares_cpu = true;
	else
		first[task->cpu] = task;
}

void sd_cpu_run(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *arg), void *arg)
{
	struct task_struct *task = new_task(cpu, mm, name, false, fn, arg);

	put_on_cpu(__sd_thread(task->comm, cpu_names[cpu], run_once, task, 0), task);
	load_mm(cpu, mm);
}

void sd_user(int cpu, struct mm_struct *mm, void (*fn)(void *arg), void *arg)
{
	struct task_struct *task = new_task(cpu, mm, NULL, true, fn, arg);

	put_on_cpu(__sd_thread(task->comm, cpu_names[cpu], run_for_ever, task, SD_DAEMON), task);
	load_mm(cpu, mm);
}

/* As sd_user, but the CPU runs a guest or waits for a device: it has no use for the mm's translations. */
void sd_loop_thread(int cpu, const char *name, struct mm_struct *mm, void (*fn)(void *), void *arg)
{
	struct task_struct *task = new_task(cpu, mm, name, true, fn, arg);

	__sd_thread(task->comm, name, run_for_ever, task, SD_DAEMON);
}
