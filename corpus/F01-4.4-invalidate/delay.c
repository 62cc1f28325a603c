// SPDX-License-Identifier: Apache-2.0
/*
 * A claim of the thread, by itself: "whoever races synchronises on the special entry, so invalidate_page may come after the table lock".
 *
 * A guest of A holds the page, and a thread of A touches the same address while the entry goes. What stands in the table until invalidate_page comes:
 *   ENTRY	1 a migration entry	the thread waits there for the page lock
 *		2 a swap entry		it finds the page in the swap cache and waits for its lock
 *		3 nothing		(reclaim of a file page) it finds the page in the page cache and waits for its lock
 *		4 no table at all	(A gave up its share of the PMD table while neighbouring huge pages migrate) there is nothing to wait at
 *		5 a poison entry	(the page's memory failed) there is nothing to wait for: it gets SIGBUS and maps nothing. It reads, as a
 *					fresh page in place of the lost one would then be seen
 *   DESIGN	as in invalidate.c; without it the one that delays: released, for 4 pass_size
 *   SEED	1: invalidate_page does nothing
 * So it is the page lock that holds for 1 to 3; only for 1 is a special entry what leads there. In 4 the lock is that of another page. 5 needs none: the
 * entry is there for good, and the page is not given to anybody; what counts is that the guest is told before memory_failure() returns.
 */
// shootdown: --kernel 4.4
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

SD_PARAM(int, ENTRY, 1);
SD_PARAM(int, DESIGN, 0);	/* 0: the one that delays, as said above */
SD_PARAM(int, SEED, 0);

static struct file *file;
static struct page *anon;
static unsigned long va;

static void touch(void *arg)
{
	(void)arg;
	if (ENTRY == 5)
		sd_user_read(va);
	else
		sd_user_write(va);
}

static void migrate(void *nr)
{
	soft_offline_page(sd_page_of(file, (unsigned int)(long)nr), 0);
}

static void reclaim(void *arg)
{
	struct page *page = file ? find_get_page(file->f_mapping, 0) : anon;

	(void)arg;
	if (!file)
		get_page(page);
	if (page)
		shrink_page(page);
}

static void fail(void *arg)
{
	(void)arg;
	memory_failure(page_to_pfn(anon), 0, 0);
}

void scenario(void)
{
	bool is_anon = ENTRY == 2 || ENTRY == 5;
	struct mm_struct *a = sd_mm("A"), *b = ENTRY == 4 ? sd_mm("B") : NULL;
	unsigned int nr = ENTRY == 4 ? 2 : 1, i;
	unsigned long other;

	sd_design = DESIGN ? DESIGN : ENTRY == 4 ? SD_DESIGN_PASS_SIZE : SD_DESIGN_RELEASED;
	sd_seed = SEED;
	sd_recheck_table = 1;
	if (!is_anon)
		file = ENTRY == 4 ? sd_hugetlb_file("file", nr) : sd_file("file", nr);
	va = sd_mmap(a, file, 1);
	for (i = 0; i < nr; i++)
		sd_populate(a, va + i * HPAGE_SIZE);
	if (is_anon)
		anon = pfn_to_page((sd_walk(a, va, false) & PTE_PFN_MASK) >> PAGE_SHIFT);
	sd_mirror(&sd_kvm_mirror, a, va, nr, false);
	if (ENTRY == 4) {
		other = sd_mmap(b, file, 0);
		for (i = 0; i < nr; i++)
			sd_populate(b, other + i * HPAGE_SIZE);
		sd_cpu_run(1, NULL, "migrate2", migrate, (void *)1);
	} else {
		sd_user(1, a, touch, NULL);
	}
	if (ENTRY == 1 || ENTRY == 4)
		sd_cpu_run(0, NULL, "migrate", migrate, (void *)0);
	else if (ENTRY == 5)
		sd_cpu_run(0, NULL, "failure", fail, NULL);
	else
		sd_cpu_run(0, NULL, "kswapd", reclaim, NULL);
	sd_mirrors_run(2, ENTRY != 4);
}
