/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scenario is written with. Define scenario(): it runs once, alone, and sets things up; the
 * threads that it names then run in every possible order.
 *
 *	#include <shootdown/scenario.h>
 *
 *	static unsigned long va;
 *
 *	static void writer(void *arg)
 *	{
 *		sd_user_write(va);
 *	}
 *
 *	static void migrate(void *arg)
 *	{
 *		soft_offline_page(sd_page_of(arg, 0), 0);
 *	}
 *
 *	void scenario(void)
 *	{
 *		struct mm_struct *mm = sd_mm("A");
 *		struct file *file = sd_hugetlb_file("file", 1);
 *
 *		va = sd_mmap(mm, file, 0);
 *		sd_populate(mm, va);
 *		sd_user(0, mm, writer, NULL);
 *		sd_cpu_run(1, NULL, "migrate", migrate, file);
 *	}
 *
 * Run it with: shootdown check scenario.c
 *
 * The machine checks by itself that no access reaches a page that is freed, moved or reused, that no write is lost, that counts
 * are right and no lock is held at the end.
 */
#ifndef SHOOTDOWN_SCENARIO_H
#define SHOOTDOWN_SCENARIO_H

#include <linux/kvm_host.h>
#include <linux/migrate.h>
#include <linux/rmap.h>
#include <shootdown/machine.h>

void scenario(void);

/* --- setting up: call these from scenario() only --- */

/* An address space. */
struct mm_struct *sd_mm(const char *name);

/* A file of nr_pages huge (2 MiB) or ordinary pages, empty until faulted in. */
struct file *sd_hugetlb_file(const char *name, unsigned int nr_pages);
struct file *sd_file(const char *name, unsigned int nr_pages);

/*
 * Maps the file, shared and writable, at an address of the kernel's choosing, and returns that. A hugetlb file is
 * mapped as one whole aligned gigabyte (its first pages exist), so that address spaces which map it share the PMD
 * table. Without a file: nr_pages of anonymous memory.
 */
unsigned long sd_mmap(struct mm_struct *mm, struct file *file, unsigned int nr_pages);

/* Faults the page in, as a write would. */
void sd_populate(struct mm_struct *mm, unsigned long va);

/* Runs fn(arg) once on this CPU: a system call of mm, or a kernel thread (mm NULL). name is the story's name of it. */
void sd_cpu_run(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *arg), void *arg);

/* Runs fn(arg) over and over on this CPU in user mode of mm. May be anywhere when all others are done. */
void sd_user(int cpu, struct mm_struct *mm, void (*fn)(void *arg), void *arg);

/* A virtual machine whose guest page 0 is at va of mm, and its vCPU: fn(arg) over and over in the guest. */
struct kvm *sd_kvm(const char *name, struct mm_struct *mm, unsigned long va, unsigned int nr_pages);
void sd_vcpu(int cpu, struct kvm *kvm, void (*fn)(void *arg), void *arg);

/* A device that walks the page tables of mm itself and caches what it finds (SVA), and what it does over and over. */
struct sd_device *sd_device(const char *name, struct mm_struct *mm);
void sd_device_run(struct sd_device *dev, void (*fn)(void *arg), void *arg);

/* --- what threads do --- */

/* The last argument nr, where there is one: any one of nr pages, beginning with this; the search tries each. */
void sd_user_write(unsigned long va);
void sd_user_read(unsigned long va);
void sd_user_write_any(unsigned long va, unsigned int nr);
void sd_guest_write(struct kvm *kvm, unsigned long gfn);
void sd_guest_read(struct kvm *kvm, unsigned long gfn);
void sd_guest_write_any(struct kvm *kvm, unsigned long gfn, unsigned int nr);
void sd_device_write(struct sd_device *dev, unsigned long va);
void sd_device_read(struct sd_device *dev, unsigned long va);
void sd_device_write_any(struct sd_device *dev, unsigned long va, unsigned int nr);

/*
 * A device with tables of its own, whose driver the scenario holds: sd_loop_thread(cpu, name, mm, fn, arg) runs it, over and over, its faults
 * on behalf of mm. These are its accesses: to the page that its entry for va of mm names, in the section in which it reads that entry. In
 * no section each is an operation of its own, so that the entry may have changed since it was read.
 */
void sd_entry_write(const char *who, struct page *page, struct mm_struct *mm, unsigned long va);
void sd_entry_read(const char *who, struct page *page, struct mm_struct *mm, unsigned long va);

/*
 * What your device holds can stand in the picture of the machine: define sd_show_more(), begin with
 * __sd_event("show box devices and guests", "my device", (sd_u64)dev, 0, 0), and call sd_show_holds() for each of its entries, named by a text in
 * which {1:x} is the address. An entry that leads elsewhere than the page tables is shown as stale. No search runs it; it must change nothing.
 */
void sd_show_more(void);
void sd_show_holds(const void *where, const char *what, struct mm_struct *mm, unsigned long va, struct page *page);

/*
 * sd_enter_kernel() and sd_leave_kernel() stand around kernel code that a user, guest or device calls in its loop (a system call, the driver's fault
 * handler): in between it holds references and locks, so counts are not compared there, and waiting there for ever is a deadlock.
 */

/* The page that the file holds at this index now. No reference is taken. */
struct page *sd_page_of(struct file *file, unsigned int index);

#endif
