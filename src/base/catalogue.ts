/**
 * Every code that a diagnostic may carry: what it means and what to do. `shootdown explain CODE`
 * prints an entry, and docs/diagnostics.md is this list (a test holds them equal).
 *
 * A code keeps its meaning for ever: it may be retired, never reused.
 */

export interface CatalogueEntry {
  readonly title: string;
  /** What it means, in a paragraph. */
  readonly meaning: string;
  readonly advice: string;
}

export const GROUPS = [
  { prefix: "SD1", title: "Compiling C" },
  { prefix: "SD2", title: "Reading and linking LLVM IR" },
  { prefix: "SD3", title: "The scenario and its run" },
  { prefix: "SD4", title: "The command line" },
] as const;

export const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  SD101: {
    title: "The C does not compile",
    meaning: "clang rejected the file. Its own messages follow as it printed them.",
    advice:
      "Correct the C. Scenarios are compiled freestanding (-nostdinc): what they may include is under kernel/include, and folders that you add with -I.",
  },
  SD102: {
    title: "A source file cannot be read",
    meaning:
      "A file that was named does not exist, may not be read, or is no regular file (a folder, a FIFO, a device) of at most 16 MiB; or its name ends in neither .c nor .ll.",
    advice: "Paths are taken from the current folder; with --tree, files that do not exist there are looked for in the tree.",
  },
  SD103: {
    title: "No usable C compiler",
    meaning: "Neither a system clang (15 or newer) nor the bundled one was found, or the one named with --cc is not usable.",
    advice: "Install clang, or run `npm ci` to have the bundled one; `--cc bundled` asks for that one.",
  },
  SD104: {
    title: "clang failed without naming an error",
    meaning: "clang ended with a failure status, but its output holds no error about the C: it crashed, or was ended by a signal.",
    advice: "Read its output; try another clang with --cc, or `--cc bundled`.",
  },
  SD105: {
    title: "The tree has no configured headers",
    meaning: "A real kernel's files compile only with the headers that its build generates.",
    advice: "Run `make defconfig prepare` in the tree, or name installed headers with --headers DIR (Debian: linux-headers-VERSION-amd64).",
  },
  SD106: {
    title: "No such kernel tree",
    meaning: "What --tree names is no kernel tree, or one whose version the model does not know; or no tree of that version is installed.",
    advice:
      "Name the folder of a kernel's sources. `--tree 6.1` takes the one in SHOOTDOWN_TREE_6_1, or what the distribution's linux-source-6.1 package installed.",
  },

  SD107: {
    title: "There is no room for temporary files",
    meaning:
      "What clang makes is written to the folder for temporary files first. It does not exist, may not be written, or is full; or a file would be larger than 64 MiB.",
    advice: "Name another folder with TMPDIR.",
  },
  SD108: {
    title: "An #include reaches too far",
    meaning:
      "A scenario includes from its own folder, those named with -I on the command line, and kernel/include. This one names something else, or something that is no regular file, or that cannot be looked at.",
    advice: "Correct the name; or say with -I that its folder may be included from.",
  },
  SD109: {
    title: "The tree cannot be configured",
    meaning:
      "A scenario on a tree's own mm needs a small configuration of that tree. shootdown makes it out of tree, in its cache, with the kernel's own build, which needs tools and a tree that is whole.",
    advice:
      "Install what is named (Debian: apt-get install make gcc flex bison bc libelf-dev). A tree that was configured in place cannot be configured out of tree: use another working tree of it, or name configured headers with --headers DIR.",
  },
  SD201: {
    title: "The LLVM IR cannot be read",
    meaning:
      "The text that clang printed holds something that the reader does not know: an instruction, attribute or syntax of another LLVM version.",
    advice: "Check with another clang (`--cc bundled` is the one that shootdown is tested with), and report it with the line shown.",
  },
  SD202: {
    title: "Something is used but not defined",
    meaning:
      "Functions or variables are called or used, and neither the files named nor the model kernel define them. All are listed, with where they are used.",
    advice: "Define them in the scenario or in a harness, or name the file that has them.",
  },
  SD203: {
    title: "An alias that is not simply another symbol",
    meaning: "A symbol is declared as an alias of an expression, which linking does not resolve.",
    advice: "Alias a function or variable itself.",
  },
  SD204: {
    title: "A thread-local variable",
    meaning: "The kernel has no thread-local storage, and neither has the model.",
    advice: "Use a per-CPU variable, or keep it in a structure of the thread.",
  },
  SD205: {
    title: "Something is defined twice",
    meaning: "Two of the files that are linked define the same symbol, neither of them weakly.",
    advice: "Link only one of the files, or mark the stand-in __attribute__((weak)).",
  },
  SD206: {
    title: "Too many functions have their address taken",
    meaning: "Function pointers are small numbers in the first page of memory, and there are more functions than numbers.",
    advice: "Link fewer files.",
  },
  SD207: {
    title: "The global variables are too large",
    meaning: "All globals together must fit in 256 MiB. The largest are listed.",
    advice: "Make arrays smaller (fewer pages, smaller arenas): a scenario rarely needs more than a few of anything.",
  },
  SD208: {
    title: "An initialiser has no integer value",
    meaning: "A global variable is initialised with something that is no number and no address.",
    advice: "Floating-point values are not supported: the kernel does without them too.",
  },
  SD209: {
    title: "There is no scenario()",
    meaning: "A check starts by calling `void scenario(void)`, and no file defines it.",
    advice: "Define it: it sets the objects up and creates the threads with __sd_thread.",
  },
  SD210: {
    title: "An instruction that is not supported",
    meaning:
      "The C uses something that has no meaning in the model: floating point, vectors, exceptions, computed goto and the like. All such places are listed.",
    advice: "Leave that code out with a macro, or put a stand-in in its place.",
  },
  SD211: {
    title: "Inline assembly that is not known",
    meaning:
      "Assembly is understood by its text, from a table of what the kernel uses. This text is not in it. All such places are listed.",
    advice: "Report the template; until then, put a stand-in for the function in the harness.",
  },
  SD212: {
    title: "An atomic section that is open across recursion",
    meaning:
      "A recursive function opens or closes an atomic section for its caller, or blocks in one. Sections are put into one function by inlining, and recursion cannot be inlined.",
    advice: "Put __sd_atomic_begin and __sd_atomic_end into one function, or unroll the recursion.",
  },
  SD213: {
    title: "A function, or the program, is too large",
    meaning:
      "A function may have 6,000 instructions, inlined ones included, and all that is reached together 400,000. Code for more would take gigabytes.",
    advice: "Take the function apart, or leave out what is not under check, with a macro or a stand-in.",
  },
  SD214: {
    title: "A frame is too large",
    meaning: "The locals of a function, with those of functions inlined into it, may take 8,192 bytes: a thread's stack has 16,384.",
    advice: "Make the arrays smaller, or static.",
  },
  SD215: {
    title: "Malformed LLVM IR",
    meaning:
      "The IR can be read, and cannot be right: a branch to no block, a value that is not defined, a call with other arguments than the function takes. A compiler makes no such thing.",
    advice:
      "Make the file again. If two C files declare a function differently, correct one of them. If clang made it of correct C, report it.",
  },
  SD301: {
    title: "An atomic section is not closed where it was opened",
    meaning: "On some path a function ends a section that it did not begin, leaves one open, or opens one twice.",
    advice: "Begin and end an atomic section in the same function, once, on every path.",
  },
  SD302: {
    title: "A scenario's own options are wrong",
    meaning:
      "A `// shootdown:` line near the top of a scenario gives the options that it is to be checked with. This one cannot be read, or asks for what a file may not decide.",
    advice:
      "It takes the options that change what is checked, for example `// shootdown: --kernel 4.19 -DNCPU=3`: not those that run a program, write a file or say how to print. Its -I stay in its own folder, and its --tree is a version.",
  },
  SD303: {
    title: "The scenario needs more than the model has",
    meaning:
      "An array of the model kernel is full (CPUs, frames, address spaces, locations and the like are few, so that states are small), or a limit of the engine is reached: threads, the stack, choices in one step. Nothing follows about the code.",
    advice:
      "The message names the macro and its value, if there is one, the thread and the line. Raise it with -D (as in -DSD_TASK_FRAMES=6), or make the scenario smaller.",
  },
  SD304: {
    title: "The scenario asks for what it has not set up",
    meaning:
      "A thread accesses an address that no sd_mmap() of its address space covers, or has no address space; a CPU is given two; or setup itself fails.",
    advice:
      "Access only what sd_mmap() returned, and the pages after it: HPAGE_SIZE apart in a file of huge pages, PAGE_SIZE apart elsewhere. Give each address space CPUs of its own.",
  },
  SD305: {
    title: "The scenario has no threads",
    meaning: "scenario() returned and had created no thread. There is nothing to interleave, so that nothing found would mean nothing.",
    advice: "Create threads in scenario(): with sd_cpu_run() and sd_user(), or with __sd_thread() itself.",
  },
  SD306: {
    title: "No value of a parameter",
    meaning: "A -D gives a parameter of the scenario (SD_PARAM) a value that its type does not have.",
    advice: "Give a number that fits, or one of the names that its enum has.",
  },
  SD401: {
    title: "The command line is wrong",
    meaning: "An option or argument is unknown, lacks its value, or has a value that is not allowed.",
    advice: "`shootdown check --help` lists the options, with examples.",
  },
  SD402: {
    title: "A report cannot be written",
    meaning: "The file named with an output option could not be created or written.",
    advice: "Name a file in a folder that exists and may be written.",
  },
  SD403: {
    title: "No such diagnostic",
    meaning: "`shootdown explain` was asked about what is neither a code in the catalogue nor a class of violations.",
    advice: "`shootdown explain` without an argument lists them all. What a scenario gives to __sd_fail is the scenario's own class.",
  },
  SD404: {
    title: "No such report",
    meaning: "`shootdown report` was given a name that no matrix.json under corpus/ has, and that is no path of a matrix.json either.",
    advice: "`shootdown report` without a name lists them.",
  },
  SD405: {
    title: "A report's matrix is wrong",
    meaning:
      "The matrix.json of a report cannot be read, or names something that does not exist: a row in a condition, a file, a case of real code.",
    advice: "Correct what the message names; docs/reports.md describes the format.",
  },
  SD406: {
    title: "The page cannot be served",
    meaning: "`shootdown serve` found no page to serve (a checkout has one after `npm run site`), or its port is taken.",
    advice: "Build the page, or name another port with --port.",
  },
  SD407: {
    title: "A checkpoint cannot be used",
    meaning:
      "The file of --checkpoint cannot be read or written, is damaged, or belongs to another check: another program, other options that change what is searched, or another version of shootdown.",
    advice: "Name another file, or remove it to begin anew.",
  },
  SD408: {
    title: "Results of shards do not fit together",
    meaning:
      "`shootdown merge` was given a file that no shard wrote, that is not whole, or that is of another version, command or input than the others; or two files disagree about a check.",
    advice:
      "Merge the files of one run, with the shootdown that made them. Where they disagree, run those shards again; if they still do, it is a fault of shootdown or of a machine.",
  },
};
