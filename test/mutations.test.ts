/**
 * No answer is built in: change one line of the model kernel's migration, sharing or notifier code, and the verdict follows.
 *
 * Each change is made to a copy of its file, which stands in for ours. What is then found is what a reviewer of that change would
 * object to; where nothing is, the reason stands beside it. Unchanged, the same scenarios find nothing.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StandIns } from "../src/clang/model.ts";
import { defaultCacheDir, sha256 } from "../src/host/cache.ts";
import { kernelDir } from "../src/host/paths.ts";
import type { Verdict } from "../src/report/verdict.ts";
import { verdictFrom } from "./scenario.ts";

const D01 = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";
const ANON = "test/mutations/anon.c";
const PINNED = "test/mutations/pinned.c";
const CLAIM = "corpus/F01-4.4-invalidate/delay.c";
const POISON = "test/model/poison.c";
const THP = "test/model/thp.c";
const THP_USERS = "corpus/F01-4.4-invalidate/thp.c";

interface Mutation {
  readonly what: string;
  /** Below kernel/. */
  readonly file: string;
  /** A whole line but for its indentation; it must be the only one such, of those after `after` if that is given. */
  readonly line: string;
  readonly after?: string;
  readonly becomes: string;
  readonly scenario: string;
  readonly defines: string;
  readonly finds: { readonly klass: string; readonly says: RegExp } | { readonly none: string };
}

const MUTATIONS: readonly Mutation[] = [
  {
    what: "the entry is cleared without a flush",
    file: "mm/rmap.c",
    line: "pteval = ptep_clear_flush(vma, pvmw.address, pvmw.pte);",
    becomes: "pteval = ptep_get_and_clear(mm, pvmw.address, pvmw.pte);",
    scenario: D01,
    defines: "FIX=1",
    // The last sharer's own CPU writes through what it has cached.
    finds: { klass: "lost-write", says: /write of CPU1 .*0x140000000 is lost.*CPU1's TLB has 0x140000000/ },
  },
  {
    what: "a table is unshared without a flush",
    file: "mm/rmap.c",
    line: "flush_tlb_range(vma, start, end);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "lost-write", says: /write of CPU0 .*0x40000000 is lost.*CPU0's TLB has 0x40000000/ },
  },
  {
    what: "after unsharing only the page itself is flushed, not the gigabyte",
    file: "mm/rmap.c",
    line: "flush_tlb_range(vma, start, end);",
    becomes: "flush_tlb_range(vma, address, address + HPAGE_SIZE);",
    scenario: D01,
    defines: "FIX=1 NV=2 NCPU=1",
    // The gigabyte's other page: nobody flushes it here again, since this mm has no entry for it any more.
    finds: { klass: "lost-write", says: /write of CPU0 .*is lost/ },
  },
  {
    what: "the mm keeps its share of the table",
    file: "mm/rmap.c",
    line: "if (PageHuge(page) && sd_fix_017b1660df89 && huge_pmd_unshare(mm, &last, pvmw.pte)) {",
    becomes: "if (0) {",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "lost-write", says: /write of CPU1 .*0x140000000 is lost/ },
  },
  {
    what: "no range start",
    file: "mm/rmap.c",
    line: "sd_notify_start(&range);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "notifier-unpaired", says: /range end without a start/i },
  },
  {
    what: "no range end",
    file: "mm/rmap.c",
    line: "sd_notify_end(&range, false);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "notifier-unpaired", says: /migrate ends after \d range starts without their end/ },
  },
  {
    what: "the range is not widened",
    file: "mm/rmap.c",
    line: "if (PageHuge(page) && sd_fix_017b1660df89 == 1)",
    becomes: "if (0)",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: {
      none: "start and end come for each VMA that maps the page, entry or not: when another page of the gigabyte moves, it has its own",
    },
  },
  {
    what: "the wrong lock for the entries of a shared table",
    file: "mm/rmap.c",
    line: "pvmw->ptl = huge_pte_lockptr(page_hstate(pvmw->page), mm, pvmw->pte);",
    becomes: "pvmw->ptl = &mm->page_table_lock;",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    // The guest's fault, under the right lock, takes a reference of the page that it just saw, and which was freed since.
    finds: { klass: "bug-on", says: /VM_BUG_ON_PAGE\(count <= 1\)/ },
  },
  {
    what: "the mapping stays counted",
    file: "mm/rmap.c",
    line: "page_remove_rmap(page, PageHuge(page));",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "bad-count", says: /is mapped by 1 entries, but its mapcount says 2/ },
  },
  {
    what: "no migration entry, and the memory is a file's",
    file: "mm/rmap.c",
    line: "set_huge_pte_at(mm, pvmw.address, pvmw.pte, swp_pte);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { none: "whoever faults finds the page in the page cache and waits for its lock; then it is the new one" },
  },
  {
    what: "no migration entry, and the memory is anonymous",
    file: "mm/rmap.c",
    line: "set_pte_at(mm, pvmw.address, pvmw.pte, swp_pte);",
    becomes: ";",
    scenario: ANON,
    defines: "",
    // A fault makes new memory where the old should have come back.
    finds: { klass: "lost-write", says: /At the end 0x40000000 in A is page.*, which does not have the last write/ },
  },
  {
    what: "the migration entry is no entry",
    file: "mm/rmap.c",
    line: "swp_pte = swp_entry_to_pte(make_migration_entry(page, pte_write(pteval)));",
    becomes: "swp_pte = __pte(0);",
    scenario: D01,
    defines: "FIX=1",
    // The soft-dirty bit goes in all the same: neither none, nor present, nor anything else.
    finds: { klass: "bad-entry", says: /0x140000000 in B is 0x2, which is no entry of any kind/ },
  },
  {
    what: "the contents are not copied",
    file: "mm/migrate.c",
    line: "copy_contents(newpage, page);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "lost-write", says: /is freed and has the last write to page 0 of file/ },
  },
  {
    what: "a page with references of others is moved, and nobody has any",
    file: "mm/migrate.c",
    line: "if (mapping->sd_pages[page->index] == page && page->_refcount.counter == expected) {",
    becomes: "if (mapping->sd_pages[page->index] == page) {",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { none: "guests hold a reference only while they make their entry, and the retry check keeps them from making it" },
  },
  {
    what: "a page with references of others is moved",
    file: "mm/migrate.c",
    line: "if (mapping->sd_pages[page->index] == page && page->_refcount.counter == expected) {",
    becomes: "if (mapping->sd_pages[page->index] == page) {",
    scenario: PINNED,
    defines: "",
    finds: { klass: "lost-write", says: /write of the disk to 0x40000000 is lost/ },
  },
  {
    what: "entries come back to the old page",
    file: "mm/migrate.c",
    line: "remove_migration_ptes(page, rc == MIGRATEPAGE_SUCCESS ? newpage : page, locked != NULL);",
    becomes: "remove_migration_ptes(page, page, locked != NULL);",
    scenario: D01,
    defines: "FIX=1",
    // The old page belongs to no file any more, so its VMAs are not found.
    finds: { klass: "migration-entry-left", says: /is still a migration entry/ },
  },
  {
    what: "an entry that comes back takes no reference",
    file: "mm/migrate.c",
    line: "get_page(new);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "bad-count", says: /has 1 references, fewer than its 2 users/ },
  },
  {
    what: "the page is not locked",
    file: "mm/migrate.c",
    line: "lock_page(hpage);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "bad-unlock", says: /is unlocked but was not locked/ },
  },
  {
    what: "a table is shared whether or not there is one by now",
    file: "mm/hugetlb.c",
    line: "if (pud_none(pudp_get(pud))) {",
    becomes: "if (1) {",
    scenario: D01,
    // Two threads of one process fault at once.
    defines: "FIX=1 NCPU=3",
    finds: { klass: "bad-count", says: /PMD table .* has 3 references, but 2 address spaces use it/ },
  },
  {
    what: "the new sharer of a table takes no reference",
    file: "mm/hugetlb.c",
    line: "get_page(virt_to_page(spte));",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "bad-count", says: /PMD table .* has 1 references, but 2 address spaces use it/ },
  },
  {
    what: "unsharing does not give the reference back",
    file: "mm/hugetlb.c",
    line: "put_page(table);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    // The last user takes the table for shared too, and its entry goes with it.
    finds: { klass: "bad-count", says: /is mapped by 0 entries, but its mapcount says 1/ },
  },
  {
    what: "unsharing leaves the entry that leads to the table",
    file: "mm/hugetlb.c",
    line: "pud_clear(pud);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "bad-count", says: /PMD table .* has 1 references, but 2 address spaces use it/ },
  },
  {
    what: "the last user unshares too",
    file: "mm/hugetlb.c",
    line: "if (sharers == 1)",
    becomes: "if (0)",
    scenario: D01,
    defines: "FIX=1",
    finds: { klass: "bad-page", says: /is freed while its lock is held/ },
  },
  {
    what: "a fault does not know migration entries",
    file: "mm/hugetlb.c",
    line: "if (is_hugetlb_entry_migration(entry)) {",
    becomes: "if (0) {",
    scenario: D01,
    defines: "FIX=1",
    finds: { none: "the fault does nothing and is taken again until the entry is back: waiting, at full speed" },
  },
  {
    what: "subscribers are not told of the start",
    file: "mm/mmu_notifier.c",
    line: "failed = call_start(mn, range);",
    becomes: "failed = 0;",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "bug-on", says: /mmu_notifier_count < 0/ },
  },
  {
    what: "subscribers are not told of the end",
    file: "mm/mmu_notifier.c",
    after: "void __weak sd_notify_end(",
    line: "call_end(mn, range);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "notifier-unpaired", says: /waits for 1 range ends: its faults never end/ },
  },
  {
    what: "devices are not flushed at the end of a range",
    file: "mm/mmu_notifier.c",
    line: "if (!only_end && mn->ops->invalidate_range)",
    becomes: "if (0)",
    scenario: D01,
    defines: "FIX=1 NSVA=1 NCPU=1",
    finds: { klass: "lost-write", says: /write of device0 to 0x140000000 is lost/ },
  },
  {
    what: "a guest's fault does not look whether an invalidation passed by",
    file: "users/kvm.c",
    line: "if (!mmu_notifier_retry(kvm, mmu_seq))",
    becomes: "if (1)",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "lost-write", says: /write of guest0 .*is lost/ },
  },
  {
    what: "the sequence is read too late",
    file: "users/kvm.c",
    line: "if (!mmu_notifier_retry(kvm, mmu_seq))",
    becomes: "if (!mmu_notifier_retry(kvm, READ_ONCE(kvm->mmu_notifier_seq)))",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "lost-write", says: /write of guest0 .*is lost/ },
  },
  {
    what: "the end of a range does not move the sequence",
    file: "users/kvm.c",
    after: "static void invalidate_end(",
    line: "WRITE_ONCE(kvm->mmu_notifier_seq, (READ_ONCE(kvm->mmu_notifier_seq) + 1) & SD_SEQ_MASK);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "lost-write", says: /write of guest0 .*is lost/ },
  },
  {
    what: "the start of a range is not counted",
    file: "users/kvm.c",
    line: "kvm->mmu_notifier_count++;",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "bug-on", says: /mmu_notifier_count < 0/ },
  },
  {
    what: "the guest is not made to leave removed entries",
    file: "users/kvm.c",
    after: "static void invalidate_start(",
    line: "kvm_flush_remote_tlbs(kvm);",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { klass: "lost-write", says: /write of guest0 .*is lost/ },
  },
  {
    what: "no write barrier between sequence and count",
    file: "users/kvm.c",
    line: "smp_wmb();",
    becomes: ";",
    scenario: D01,
    defines: "FIX=1 NK=1 NCPU=1",
    finds: { none: "memory is sequentially consistent in the machine, so barriers change nothing" },
  },
  {
    what: "no poison entry is left",
    file: "mm/rmap_invalidate_page.c",
    line: "set_pte_at(mm, address, pte, swp_entry_to_pte(make_hwpoison_entry(page)));",
    becomes: ";",
    scenario: CLAIM,
    defines: "ENTRY=5",
    // A fault makes new memory, and what is read there looks like the old contents.
    finds: { klass: "lost-write", says: /0x40000000 (and gets no error|in A is page.*, which does not have the last write)/ },
  },
  {
    what: "a page that failed is unmapped without a word to guests",
    file: "mm/rmap_invalidate_page.c",
    line: "else if (design != SD_DESIGN_CONVERT_ALL && !(flags & TTU_MUNLOCK))",
    becomes: "else if (flags & TTU_MIGRATION)",
    scenario: CLAIM,
    defines: "ENTRY=5",
    finds: { klass: "poisoned-page-access", says: /kvm accesses 0x40000000 and reaches page.*, whose memory failed/ },
  },
  {
    what: "no poison entry is left, and the memory is a file's",
    file: "mm/rmap.c",
    line: "set_pte_at(mm, pvmw.address, pvmw.pte, swp_entry_to_pte(make_hwpoison_entry(page)));",
    becomes: ";",
    scenario: POISON,
    defines: "HUGE=0 ALONE=1",
    finds: { klass: "lost-write", says: /0x40000000 (and gets no error|in A is page.*, which does not have the last write)/ },
  },
  {
    what: "the file gives out a huge page that failed",
    file: "mm/hugetlb.c",
    after: "static vm_fault_t hugetlb_no_page(",
    line: "if (PageHWPoison(page)) {",
    becomes: "if (0) {",
    scenario: POISON,
    defines: "HUGE=1",
    finds: { klass: "poisoned-page-access", says: /0x140000000 .*huge page, whose memory failed/ },
  },
  {
    what: "a huge page is zapped without a flush",
    file: "mm/huge_memory.c",
    after: "void sd_zap_thp(",
    line: "flush_tlb_range(vma, va, va + HPAGE_SIZE);",
    becomes: ";",
    scenario: THP,
    defines: "HOW=1",
    finds: { klass: "freed-page-access", says: /a page that was freed/ },
  },
  {
    what: "a huge page is made without a flush",
    file: "mm/huge_memory.c",
    after: "void sd_collapse_thp(",
    line: "flush_tlb_range(vma, va, va + HPAGE_SIZE);",
    becomes: ";",
    scenario: THP,
    defines: "HOW=4",
    finds: { klass: "freed-page-access", says: /a page that was freed/ },
  },
  {
    what: "a huge page is made of pages to which there are references",
    file: "mm/huge_memory.c",
    line: "if (page_count(pte_page(entry)) != 1) {",
    becomes: "if (0) {",
    scenario: THP_USERS,
    defines: "HOW=4 USER=scif",
    finds: { klass: "lost-write", says: /write of scif .*is lost/ },
  },
  {
    what: "NUMA balancing copies a huge page without asking for other references",
    file: "mm/huge_memory.c",
    line: "if (!nobody_else(page, 1)) {",
    becomes: "if (0) {",
    scenario: THP_USERS,
    defines: "HOW=3 USER=scif",
    // It is let go between the copy and the second look.
    finds: { klass: "lost-write", says: /which does not have the last write to it/ },
  },
  {
    what: "a fault at an entry without permissions does not ask for the page lock",
    file: "mm/huge_memory.c",
    line: "locked = trylock_page(page);",
    becomes: "locked = misplaced ? trylock_page(page) : (trylock_page(page), 1);",
    scenario: THP,
    defines: "HOW=3",
    finds: { klass: "bad-unlock", says: /released a lock that another thread had taken/ },
  },
  {
    what: "devices are not told to flush a huge page that moves",
    file: "mm/huge_memory.c",
    after: "static void change_prot_numa(",
    line: "mmu_notifier_invalidate_range_end(vma->vm_mm, haddr, haddr + HPAGE_SIZE);",
    becomes: "current->notifier_depth--;",
    scenario: THP_USERS,
    defines: "HOW=3 USER=amd_iommu_v2",
    finds: { klass: "lost-write", says: /\(iommu_access:\d+\) and went to huge page/ },
  },
];

/** The changed copy of the file, under a name that follows from what is in it: what was compiled of it before is found again. */
function mutated({ file, line, after, becomes }: Mutation): StandIns {
  const lines = readFileSync(join(kernelDir, file), "utf8").split("\n");
  const from = after === undefined ? 0 : lines.findIndex((l) => l.startsWith(after));
  expect(from, `${after} in ${file}`).toBeGreaterThanOrEqual(0);
  const to = after === undefined ? lines.length : lines.indexOf("}", from);
  const at = lines.flatMap((l, i) => (i >= from && i < to && l.trim() === line ? [i] : []));
  expect(at, `lines of ${file} that are ${line}`).toHaveLength(1);
  lines[at[0]!] = lines[at[0]!]!.replace(line, () => becomes);
  const text = lines.join("\n");
  const copy = join(defaultCacheDir(), "mutations", sha256(text).slice(0, 16), basename(file));
  mkdirSync(dirname(copy), { recursive: true });
  if (!existsSync(copy)) writeFileSync(copy, text);
  return { [file]: copy };
}

const run = (scenario: string, defines: string, standIns?: StandIns): Promise<Verdict> =>
  verdictFrom([scenario], { defines: defines.split(" ").filter((d) => d !== ""), ...(standIns === undefined ? {} : { standIns }) });

describe("with every line as it is", () => {
  it.each([...new Set(MUTATIONS.map(({ scenario, defines }) => `${scenario} ${defines}`.trim()))])("%s finds nothing", async (key) => {
    const [scenario = "", ...defines] = key.split(" ");
    expect((await run(scenario, defines.join(" "))).kind).toBe("none");
  });
});

describe.each(MUTATIONS.map((mutation) => ({ mutation })))("$mutation.file: $mutation.what", ({ mutation }) => {
  const { finds } = mutation;
  it("none" in finds ? `is harmless: ${finds.none}` : `is found: ${finds.klass}`, async () => {
    const verdict = await run(mutation.scenario, mutation.defines, mutated(mutation));
    if ("none" in finds) return expect(verdict.kind).toBe("none");
    if (verdict.kind !== "violation") return expect(verdict.kind).toBe("violation");
    const { failure, story } = verdict.violation;
    expect({ klass: failure.klass, closing: story.closing.join(" ") }).toEqual({
      klass: finds.klass,
      closing: expect.stringMatching(finds.says) as string,
    });
  });
});
