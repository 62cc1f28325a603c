target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-unknown-linux-gnu"
declare i32 @__sd_thread(ptr, ptr, ptr, ptr, i32)
@n = constant [2 x i8] c"a\00"
@g = global i32 0
define void @run(ptr %0) {
  store volatile i32 1, ptr @g
  ret void
}
define void @scenario() {
  %1 = call i32 @__sd_thread(ptr @n, ptr @n, ptr @run, ptr null, i32 0)
  ret void
}
