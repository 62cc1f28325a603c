#include <shootdown/scenario.h>
static void noinline body(void){
__sd_atomic_begin(SD_STEP, 0); __sd_uninit((void*)-1,-1); __sd_atomic_end();
}

static unsigned long va;
static void user(void *u){ sd_user_write(va); body(); }
void scenario(void){ struct mm_struct *mm=sd_mm("A"); va=sd_mmap(mm,NULL,1); sd_populate(mm,va); sd_cpu_run(0,mm,"w",user,NULL); sd_cpu_run(1,mm,"w2",user,NULL);}
