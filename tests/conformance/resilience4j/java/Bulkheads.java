import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadConfig;
import io.github.resilience4j.bulkhead.internal.FixedThreadPoolBulkhead;
import io.github.resilience4j.bulkhead.internal.SemaphoreBulkhead;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.BooleanSupplier;

/** Random walks over both bulkheads; where threads are needed, each step waits until they have come to rest. */
final class Bulkheads {
    private static final Duration HOUR = Duration.ofHours(1);

    static void semaphores(Path folder, Random random, int steps, int configs) throws Exception {
        try (Trace trace = new Trace(folder, "bulkhead",
            "config: permits,wait ms,fair | step: call,caller,answer,available permits,callers in line")) {
            for (int walk = 0; walk < configs; walk++) {
                semaphore(trace, random, steps / configs);
            }
        }
    }

    private static void semaphore(Trace trace, Random random, int steps) throws Exception {
        int permits = random.nextInt(6);
        boolean waits = random.nextBoolean();
        boolean fair = random.nextInt(4) != 0;
        SemaphoreBulkhead bulkhead = new SemaphoreBulkhead("walk", BulkheadConfig.custom()
            .maxConcurrentCalls(permits)
            .maxWaitDuration(waits ? HOUR : Duration.ZERO)
            .fairCallHandlingStrategyEnabled(fair)
            .build());
        Field field = SemaphoreBulkhead.class.getDeclaredField("semaphore");
        field.setAccessible(true);
        Semaphore semaphore = (Semaphore) field.get(bulkhead);
        trace.config(permits, waits ? HOUR.toMillis() : 0, fair);

        Map<Integer, Thread> line = new TreeMap<>();
        Map<Integer, Boolean> ended = new ConcurrentHashMap<>();
        int held = 0;
        for (int caller = 0; caller < steps; caller++) {
            int kind = random.nextInt(10);
            // Releasing what nobody holds makes permits; once in a while is enough.
            if (kind >= 5 && kind < 9 && held == 0 && random.nextInt(30) != 0) {
                kind = 0;
            }
            String call;
            String answer;
            Integer who = caller;
            if (kind < 5) {
                call = "acquire";
                int id = caller;
                if (!waits || semaphore.availablePermits() > 0 && line.isEmpty()) {
                    answer = bulkhead.tryAcquirePermission() ? "yes" : "no";
                } else if (line.size() >= 12) {
                    call = "none";
                    answer = "done";
                } else {
                    int before = line.size();
                    Thread thread = new Thread(() -> ended.put(id, bulkhead.tryAcquirePermission()));
                    line.put(id, thread);
                    thread.start();
                    until(() -> semaphore.getQueueLength() == before + 1 && resting(thread));
                    answer = "waits";
                }
            } else if (kind < 9) {
                call = "release";
                bulkhead.onComplete();
                if (line.isEmpty()) {
                    answer = "nobody";
                } else {
                    until(() -> !ended.isEmpty());
                    who = ended.keySet().iterator().next();
                    line.remove(who).join();
                    answer = ended.remove(who) ? "next" : "lost";
                }
            } else if (line.isEmpty()) {
                call = "none";
                answer = "done";
            } else {
                call = "leave";
                who = new ArrayList<>(line.keySet()).get(random.nextInt(line.size()));
                Thread thread = line.remove(who);
                thread.interrupt();
                thread.join();
                answer = ended.remove(who) ? "lost" : "done";
            }
            if (answer.equals("yes")) {
                held++;
            } else if (answer.equals("nobody")) {
                held = Math.max(0, held - 1);
            }
            trace.step(call, who, answer, bulkhead.getMetrics().getAvailableConcurrentCalls(), semaphore.getQueueLength());
        }
        line.values().forEach(Thread::interrupt);
        for (Thread thread : line.values()) {
            thread.join();
        }
    }

    /** A task that runs until it is told to stop. */
    private static final class Task {
        final int id;
        final CountDownLatch stop = new CountDownLatch(1);
        volatile Thread thread;
        volatile boolean done;

        Task(int id) {
            this.id = id;
        }

        void run() {
            thread = Thread.currentThread();
            try {
                stop.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                done = true;
            }
        }
    }

    static void threadPools(Path folder, Random random, int steps, int configs) throws Exception {
        try (Trace trace = new Trace(folder, "thread_pool_bulkhead",
            "config: core,max,queue,keep alive ms | step: call,task,answer,task started,threads,active,queue depth")) {
            for (int walk = 0; walk < configs; walk++) {
                threadPool(trace, random, steps / configs);
            }
        }
    }

    private static void threadPool(Trace trace, Random random, int steps) throws Exception {
        int core = 1 + random.nextInt(4);
        int max = core + random.nextInt(4);
        int queue = random.nextInt(3) == 0 ? 0 : random.nextInt(6);
        boolean stay = random.nextBoolean();
        FixedThreadPoolBulkhead bulkhead = new FixedThreadPoolBulkhead("walk", ThreadPoolBulkheadConfig.custom()
            .coreThreadPoolSize(core)
            .maxThreadPoolSize(max)
            .queueCapacity(queue)
            .keepAliveDuration(stay ? HOUR : Duration.ZERO)
            .build());
        Field field = FixedThreadPoolBulkhead.class.getDeclaredField("executorService");
        field.setAccessible(true);
        ThreadPoolExecutor executor = (ThreadPoolExecutor) field.get(bulkhead);
        trace.config(core, max, queue, stay ? HOUR.toMillis() : 0);

        List<Task> running = new ArrayList<>();
        List<Task> queued = new ArrayList<>();
        for (int id = 0; id < steps; id++) {
            boolean submit = running.isEmpty() || random.nextInt(100) < 55;
            String answer;
            int named = id;
            int started = -1;
            if (submit) {
                Task task = new Task(id);
                int depth = executor.getQueue().size();
                boolean idle = executor.getPoolSize() > running.size();
                try {
                    bulkhead.submit((Runnable) task::run);
                    // A task can pass through the queue to an idle thread; without one it stays there.
                    until(() -> task.thread != null && resting(task.thread) || !idle && executor.getQueue().size() > depth);
                    boolean runs = task.thread != null;
                    (runs ? running : queued).add(task);
                    answer = runs ? "runs" : "queued";
                    started = runs ? id : -1;
                } catch (BulkheadFullException e) {
                    answer = "full";
                }
            } else {
                Task task = running.remove(random.nextInt(running.size()));
                named = task.id;
                Thread thread = task.thread;
                boolean next = !queued.isEmpty();
                boolean ends = !stay && executor.getPoolSize() > core;
                task.stop.countDown();
                until(() -> task.done);
                answer = "done";
                if (next) {
                    until(() -> queued.stream().anyMatch(one -> one.thread != null && resting(one.thread)));
                    for (Task one : List.copyOf(queued)) {
                        if (one.thread != null) {
                            queued.remove(one);
                            running.add(one);
                            started = one.id;
                        }
                    }
                } else {
                    until(() -> ends ? !thread.isAlive() : resting(thread));
                }
                int busy = running.size();
                until(() -> executor.getActiveCount() == busy);
            }
            trace.step(submit ? "submit" : "finish", named, answer, started, executor.getPoolSize(), running.size(),
                bulkhead.getMetrics().getQueueDepth());
        }
        running.forEach(task -> task.stop.countDown());
        queued.forEach(task -> task.stop.countDown());
        bulkhead.close();
    }

    private static boolean resting(Thread thread) {
        Thread.State state = thread.getState();
        return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    /** Waits for something that other threads bring about. */
    private static void until(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        for (int spins = 0; !condition.getAsBoolean(); spins++) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the threads did not come to rest");
            }
            if (spins < 50) {
                Thread.yield();
            } else {
                Thread.sleep(0, 100_000);
            }
        }
    }
}
