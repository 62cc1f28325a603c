// SPDX-License-Identifier: Apache-2.0
/*
 * Migration of a hugetlb page that several address spaces map through one shared PMD table (fixed by 017b1660df89, 4.19).
 *
 * NMM processes map the same gigabyte of a file, so they share the table. NCPU threads of theirs write to its NV pages for ever,
 * NK virtual machines and NSVA devices too, while each page is migrated ROUNDS times.
 * -DFIX=0 before the fix, 1 with it, 2 with it but without its range start and end, 3 with a range that is not widened.
 * -DFIX2=1: with c0d0381ade79 (5.7) as well. Without it two migrations at once still lose a write: -DFIX=1 -DNV=2.
 */
// shootdown: --kernel 4.19
#include <shootdown/scenario.h>

#ifndef FIX
#define FIX 1
#endif
#ifndef FIX2
#define FIX2 0
#endif
#ifndef NMM
#define NMM 2
#endif
#ifndef NCPU
#define NCPU 2
#endif
#ifndef NV
#define NV 1
#endif
#ifndef NK
#define NK 0
#endif
#ifndef NSVA
#define NSVA 0
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif

static struct file *file;
static struct kvm *kvm[NK + 1];
static struct sd_device *device[NSVA + 1];
static unsigned long base[NMM];		/* where each process maps the file */

static void user(void *mm)
{
	sd_user_write_any(base[(long)mm], NV);
}

static void guest(void *k)
{
	sd_guest_write_any(kvm[(long)k], 0, NV);
}

static void dma(void *d)
{
	sd_device_write_any(device[(long)d], base[((long)d + 1) % NMM], NV);
}

static void migrate(void *v)
{
	int round;

	for (round = 0; round < ROUNDS; round++)
		soft_offline_huge_page(sd_page_of(file, (long)v), 0);
}

void scenario(void)
{
	static const char *const mms[] = { "A", "B", "C", "D" }, *const guests[] = { "guest0", "guest1" };
	static const char *const devices[] = { "device0", "device1" };
	struct mm_struct *mm[NMM];
	long i, v;

	sd_fix_017b1660df89 = FIX;
	sd_fix_c0d0381ade79 = FIX2;
	file = sd_hugetlb_file("file", NV);
	for (i = 0; i < NMM; i++) {
		mm[i] = sd_mm(mms[i]);
		base[i] = sd_mmap(mm[i], file, 0);
		for (v = 0; v < NV; v++)
			sd_populate(mm[i], base[i] + v * HPAGE_SIZE);
	}
	for (v = 0; v < NV; v++)
		sd_cpu_run(NCPU + v, NULL, "migrate", migrate, (void *)v);
	for (i = 0; i < NCPU; i++)
		sd_user(i, mm[i % NMM], user, (void *)(i % NMM));
	for (i = 0; i < NK; i++) {
		kvm[i] = sd_kvm(guests[i], mm[(i + 1) % NMM], base[(i + 1) % NMM], NV);
		sd_vcpu(NCPU + NV + i, kvm[i], guest, (void *)i);
	}
	for (i = 0; i < NSVA; i++) {
		device[i] = sd_device(devices[i], mm[(i + 1) % NMM]);
		sd_device_run(device[i], dma, (void *)i);
	}
}
