import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Random calls under time limiters: tasks whose work takes a known time, and stages that are open side by side. */
final class TimeLimits {
    private static final long MS = 1_000_000L;

    private static final class Failed extends Exception {}

    /** A timer of the scheduler that the harness moves. */
    private record Timer(long dueNanos, Runnable task) {}

    /** Work that ends after a time: served or failed. Whoever waits for it moves the clock. */
    private static final class Work implements Future<String> {
        final long takesNanos;
        final boolean fails;
        boolean interrupted;

        Work(long takesNanos, boolean fails) {
            this.takesNanos = takesNanos;
            this.fails = fails;
        }

        @Override
        public String get(long timeout, TimeUnit unit) throws ExecutionException, TimeoutException {
            long limit = unit.toNanos(timeout);
            if (takesNanos > limit) {
                now += limit;
                throw new TimeoutException();
            }
            now += takesNanos;
            if (fails) {
                throw new ExecutionException(new Failed());
            }
            return "served";
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            interrupted = mayInterrupt;
            return true;
        }

        @Override
        public String get() {
            throw new UnsupportedOperationException("nobody waits without a limit");
        }

        @Override
        public boolean isCancelled() {
            return interrupted;
        }

        @Override
        public boolean isDone() {
            return false;
        }
    }

    private static long now;
    private static final List<Timer> TIMERS = new ArrayList<>();

    private static ScheduledExecutorService scheduler() {
        ClassLoader loader = TimeLimits.class.getClassLoader();
        return (ScheduledExecutorService) Proxy.newProxyInstance(loader, new Class<?>[] {ScheduledExecutorService.class},
            (self, method, args) -> {
                if (!method.getName().equals("schedule")) {
                    throw new UnsupportedOperationException(method.toString());
                }
                Timer timer = new Timer(now + ((TimeUnit) args[2]).toNanos((Long) args[1]), (Runnable) args[0]);
                TIMERS.add(timer);
                return Proxy.newProxyInstance(loader, new Class<?>[] {ScheduledFuture.class},
                    (future, call, none) -> switch (call.getName()) {
                        case "cancel" -> TIMERS.remove(timer);
                        case "isDone" -> !TIMERS.contains(timer);
                        default -> throw new UnsupportedOperationException(call.toString());
                    });
            });
    }

    static void run(Path folder, Random random, int steps, int configs) throws Exception {
        try (Trace trace = new Trace(folder, "time_limiter",
            "config: timeout ns,cancel running | step: at ns,call,number,takes ns,answer,waited ns,interrupted,"
                + "stages given up before it")) {
            for (int walk = 0; walk < configs; walk++) {
                walk(trace, random, steps / configs);
            }
        }
    }

    private static void walk(Trace trace, Random random, int steps) throws Exception {
        boolean fine = random.nextInt(3) == 0;
        long unit = fine ? 1 : MS;
        long timeout = fine ? 1 + random.nextInt(5_000_000) : MS * (1 + random.nextInt(300));
        boolean cancel = random.nextBoolean();
        TimeLimiter limiter = TimeLimiter.of("walk", TimeLimiterConfig.custom()
            .timeoutDuration(Duration.ofNanos(timeout))
            .cancelRunningFuture(cancel)
            .build());
        // What the limiter tells of a call is its answer.
        String[] told = new String[1];
        limiter.getEventPublisher().onSuccess(event -> told[0] = "served");
        limiter.getEventPublisher().onError(event -> told[0] = "failed");
        limiter.getEventPublisher().onTimeout(event -> told[0] = "timeout");
        trace.config(timeout, cancel);

        ScheduledExecutorService scheduler = scheduler();
        TIMERS.clear();
        now = unit * random.nextInt(1000);
        List<CompletableFuture<String>> stages = new ArrayList<>();
        List<Integer> open = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            now += switch (random.nextInt(12)) {
                case 0 -> timeout / MS * MS;
                case 1 -> timeout;
                case 2, 3, 4 -> random.nextInt((int) Math.max(1, timeout / 3));
                default -> 0;
            };
            StringJoiner gone = new StringJoiner(" ");
            for (Timer timer : List.copyOf(TIMERS)) {
                if (timer.dueNanos() <= now) {
                    TIMERS.remove(timer);
                    told[0] = "nothing";
                    int[] ended = {-1};
                    timer.task().run();
                    for (int number : List.copyOf(open)) {
                        if (stages.get(number).isDone()) {
                            ended[0] = number;
                            open.remove((Integer) number);
                        }
                    }
                    if (ended[0] >= 0) {
                        gone.add(ended[0] + (told[0].equals("timeout") ? "" : told[0]));
                    }
                }
            }
            long at = now;
            told[0] = "nothing";
            switch (random.nextInt(4)) {
                case 0 -> {
                    Work work = new Work(switch (random.nextInt(4)) {
                        case 0 -> timeout;
                        case 1 -> timeout / MS * MS;
                        default -> random.nextInt((int) Math.min(Integer.MAX_VALUE, 2 * timeout));
                    }, random.nextInt(3) == 0);
                    try {
                        limiter.decorateFutureSupplier(() -> work).call();
                    } catch (TimeoutException | Failed e) {
                        // The limiter has told which.
                    }
                    trace.step(at, work.fails ? "failing-task" : "task", -1, work.takesNanos, told[0], now - at,
                        work.interrupted, gone);
                    // A caller of its own waited; for the stages no time has passed.
                    now = at;
                }
                case 1 -> {
                    int number = stages.size();
                    CompletableFuture<String> stage = new CompletableFuture<>();
                    stages.add(stage);
                    open.add(number);
                    limiter.decorateCompletionStage(scheduler, () -> (CompletionStage<String>) stage).get();
                    trace.step(at, "stage", number, 0, told[0], 0, false, gone);
                }
                default -> {
                    boolean fails = random.nextInt(3) == 0;
                    int number = open.isEmpty() || random.nextInt(4) == 0
                        ? stages.size() - 1
                        : open.get(random.nextInt(open.size()));
                    if (number >= 0) {
                        CompletableFuture<String> stage = stages.get(number);
                        boolean ended = fails ? stage.completeExceptionally(new Failed()) : stage.complete("served");
                        open.remove((Integer) number);
                        told[0] = ended ? told[0] : "late";
                    }
                    trace.step(at, fails ? "fail" : "complete", number, 0, told[0], 0, false, gone);
                }
            }
        }
    }
}
