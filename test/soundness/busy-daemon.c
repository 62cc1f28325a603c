/*
 * A busy daemon waits for what never comes, while another daemon goes on for ever. Within no preemptions at all: once the other runs, a switch to the
 * one that waits would be a preemption, so the search never sees it wait there.
 */
#include <linux/wait.h>
#include <shootdown/scenario.h>

static unsigned long a;

static void worker(void *unused)
{
	WRITE_ONCE(a, 2);
}

static void waits(void *unused)
{
	sd_enter_kernel();
	wait_event(*(wait_queue_head_t *)0, READ_ONCE(a) == 1);
	sd_leave_kernel();
}

static void looks(void *unused)
{
	READ_ONCE(a);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "worker", worker, NULL);
	sd_loop_thread(1, "waits", NULL, waits, NULL);
	sd_loop_thread(2, "looks", NULL, looks, NULL);
}
