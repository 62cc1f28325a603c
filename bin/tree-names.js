#!/usr/bin/env node
/**
 * Writes kernel/tree-names.txt: which names the headers of a real kernel define that drivers and memory management use, so that a message about
 * an unknown name can say that a tree has it. `node bin/tree-names.js INCLUDE_DIR` (of a tree, or of installed headers), after a build.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { namesIn } = await import("../dist/clang/model-names.js");

const HEADERS = `
mm mm_types mm_inline mmap_lock memcontrol page-flags pagemap page_ref pagewalk pgtable huge_mm hugetlb swap swapops rmap ksm khugepaged migrate
memremap hmm mmu_notifier mmzone gfp vmalloc vmstat userfaultfd_k shmem_fs oom compaction mempolicy mman page_idle
spinlock rwlock mutex rwsem seqlock semaphore local_lock lockdep rcupdate srcu rculist rcutree completion wait wait_bit swait refcount kref
atomic/atomic-instrumented atomic percpu percpu-defs percpu-refcount percpu-rwsem percpu_counter
sched sched/mm sched/signal sched/task kthread workqueue timer hrtimer jiffies delay ktime interrupt irq_work irqflags smp cpu cpumask preempt
stop_machine task_work
list llist rbtree interval_tree maple_tree xarray radix-tree idr bitmap bitops hashtable kfifo scatterlist string slab mempool
fs file uio uaccess highmem device module moduleparam dma-mapping dma-buf dma-fence dma-resv iommu pci io kvm_host eventfd poll debugfs
printk kernel bug err errno export init notifier random minmax compiler types
`
  .split(/\s+/)
  .filter((name) => name !== "");

const [include] = process.argv.slice(2);
if (include === undefined) {
  console.error("usage: node bin/tree-names.js INCLUDE_DIR");
  process.exit(2);
}
const seen = new Set();
const lines = [];
for (const name of HEADERS) {
  let text;
  try {
    text = readFileSync(join(include, "linux", `${name}.h`), "utf8");
  } catch {
    continue;
  }
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/\\\r?\n/g, " ");
  const names = [...namesIn(plain)].filter((n) => /^[A-Za-z]\w{3,}$/.test(n) && !/_H_?$/.test(n) && !seen.has(n)).sort();
  for (const n of names) seen.add(n);
  lines.push(`linux/${name}.h: ${names.join(" ")}`);
}
writeFileSync(new URL("../kernel/tree-names.txt", import.meta.url), `${lines.join("\n")}\n`);
console.log(`${seen.size} names of ${lines.length} headers`);
