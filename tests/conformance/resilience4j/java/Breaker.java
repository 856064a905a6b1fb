import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.IllegalStateTransitionException;
import io.github.resilience4j.circuitbreaker.internal.CircuitBreakerStateMachine;
import io.github.resilience4j.circuitbreaker.internal.SchedulerFactory;
import io.github.resilience4j.core.IntervalFunction;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Random walks over circuit breakers, with a clock and a scheduler that the harness moves. */
final class Breaker {
    private static final class Ignored extends RuntimeException {}

    /** A task of the breaker's own scheduler, kept until its time comes. */
    private static final class Timer {
        final long dueNanos;
        final Runnable task;
        boolean cancelled;

        Timer(long dueNanos, Runnable task) {
            this.dueNanos = dueNanos;
            this.task = task;
        }
    }

    private static final List<Timer> TIMERS = new ArrayList<>();
    private static HandClock clock;

    /** Puts a scheduler of our own in the place of the only one the library has. */
    static void takeOverScheduler() throws ReflectiveOperationException {
        Object fake = Proxy.newProxyInstance(
            Breaker.class.getClassLoader(),
            new Class<?>[] {ScheduledExecutorService.class},
            (self, method, args) -> {
                if (!method.getName().equals("schedule")) {
                    throw new UnsupportedOperationException(method.toString());
                }
                Timer timer = new Timer(clock.nowNanos + ((TimeUnit) args[2]).toNanos((Long) args[1]), (Runnable) args[0]);
                TIMERS.add(timer);
                return Proxy.newProxyInstance(
                    Breaker.class.getClassLoader(),
                    new Class<?>[] {ScheduledFuture.class},
                    (future, call, none) -> switch (call.getName()) {
                        case "cancel" -> {
                            timer.cancelled = true;
                            yield true;
                        }
                        case "isDone" -> timer.cancelled;
                        default -> throw new UnsupportedOperationException(call.toString());
                    });
            });
        Class<?> holder = Class.forName(SchedulerFactory.class.getName() + "$SchedulerFactoryInstance");
        Field field = holder.getDeclaredField("lazyScheduler");
        Field access = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
        access.setAccessible(true);
        sun.misc.Unsafe unsafe = (sun.misc.Unsafe) access.get(null);
        unsafe.ensureClassInitialized(holder);
        unsafe.putObject(unsafe.staticFieldBase(field), unsafe.staticFieldOffset(field), fake);
        if (SchedulerFactory.getInstance().getScheduler() != fake) {
            throw new IllegalStateException("the scheduler was not replaced");
        }
    }

    static void run(Path folder, Random random, int steps, int configs) {
        try (Trace trace = new Trace(folder, "circuit_breaker",
            "config: failure %,slow %,slow call ns,window type,window size,minimum calls,permitted in half-open,"
                + "wait ns,multiplier,longest wait ns,automatic,max half-open ns,then,origin ns"
                + " | step: at ns,call,duration ns,answer,state,buffered,failed,slow,slow failed,not permitted,"
                + "failure rate %,slow rate %")) {
            for (int walk = 0; walk < configs; walk++) {
                walk(trace, random, steps / configs);
            }
        }
    }

    private static void walk(Trace trace, Random random, int steps) {
        float[] shares = {1f, 10f, 33.3f, 50f, 66.7f, 75f, 100f};
        float failure = shares[random.nextInt(shares.length)];
        float slow = shares[random.nextInt(shares.length)];
        long slowNanos = 1_000_000L * (1 + random.nextInt(100));
        boolean byTime = random.nextBoolean();
        int size = 1 + random.nextInt(random.nextBoolean() ? 5 : 30);
        int minimum = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
        int permitted = 1 + random.nextInt(8);
        long waitNanos = random.nextInt(4) == 0
            ? 1_000_000L + random.nextInt(2_000_000_000)
            : 250_000_000L * (1 + random.nextInt(8));
        double multiplier = random.nextBoolean() ? 0 : 1 + random.nextInt(20) / 10.0;
        long longestNanos = multiplier == 0 || random.nextBoolean() ? 0 : waitNanos + 1_000_000L * random.nextInt(5000);
        boolean automatic = random.nextInt(3) == 0;
        long maxHalfOpenNanos = random.nextInt(3) != 0 ? 0 : random.nextInt(4) == 0
            ? random.nextInt(3_000_000)
            : 250_000_000L * (1 + random.nextInt(4));
        State then = random.nextBoolean() ? State.OPEN : State.CLOSED;
        clock = new HandClock(random.nextInt(2_000_000_000));
        TIMERS.clear();

        CircuitBreakerConfig.Builder builder = CircuitBreakerConfig.custom()
            .failureRateThreshold(failure)
            .slowCallRateThreshold(slow)
            .slowCallDurationThreshold(Duration.ofNanos(slowNanos))
            .slidingWindowType(byTime ? SlidingWindowType.TIME_BASED : SlidingWindowType.COUNT_BASED)
            .slidingWindowSize(size)
            .minimumNumberOfCalls(minimum)
            .permittedNumberOfCallsInHalfOpenState(permitted)
            .automaticTransitionFromOpenToHalfOpenEnabled(automatic)
            .maxWaitDurationInHalfOpenState(Duration.ofNanos(maxHalfOpenNanos))
            .transitionToStateAfterWaitDuration(then)
            .ignoreExceptions(Ignored.class)
            .clock(clock);
        if (multiplier == 0) {
            builder.waitDurationInOpenState(Duration.ofNanos(waitNanos));
        } else if (longestNanos == 0) {
            builder.waitIntervalFunctionInOpenState(
                IntervalFunction.ofExponentialBackoff(Duration.ofNanos(waitNanos), multiplier));
        } else {
            builder.waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialBackoff(
                Duration.ofNanos(waitNanos), multiplier, Duration.ofNanos(longestNanos)));
        }
        CircuitBreakerConfig config = builder.build();
        CircuitBreaker breaker = new CircuitBreakerStateMachine("walk", config);
        long openedNanos = 0;
        trace.config(failure, slow, slowNanos, byTime ? "time" : "count", size, minimum, permitted, waitNanos,
            multiplier, longestNanos, automatic, maxHalfOpenNanos, then, clock.originNanos);

        double failing = random.nextDouble();
        // The library throws in OPEN when it was entered from a state whose window has no room.
        boolean noWindow = false;
        for (int step = 0; step < steps; step++) {
            if (random.nextInt(40) == 0) {
                failing = random.nextDouble();
            }
            // Around the end of the wait, whichever attempt this is.
            long endNanos = openedNanos + 1_000_000L
                * config.getWaitIntervalFunctionInOpenState().apply(1 + random.nextInt(4)) + random.nextInt(2);
            if (breaker.getState() == State.OPEN && endNanos >= clock.nowNanos && random.nextInt(6) == 0) {
                advanceTo(endNanos);
            } else {
                advance(random, waitNanos);
            }
            String call = choose(random, failing);
            boolean byOperator = switch (breaker.getState()) {
                case DISABLED, METRICS_ONLY, FORCED_OPEN -> true;
                case CLOSED, OPEN, HALF_OPEN -> false;
            };
            if (byOperator && random.nextInt(8) == 0) {
                call = "to-CLOSED";
            }
            if (breaker.getState() == State.OPEN && noWindow && (call.equals("success") || call.equals("failure"))) {
                call = "acquire";
            }
            long duration = random.nextInt(3) == 0 ? slowNanos + random.nextInt(3) - 1 : random.nextInt(200_000_000);
            State before = breaker.getState();
            String answer = perform(breaker, call, duration);
            State after = breaker.getState();
            if (after == State.OPEN && (before != State.OPEN || call.equals("to-OPEN"))) {
                openedNanos = clock.nowNanos;
            }
            if (after == State.OPEN && before != State.OPEN) {
                noWindow = before == State.DISABLED || before == State.FORCED_OPEN;
            }
            CircuitBreaker.Metrics metrics = breaker.getMetrics();
            trace.step(clock.nowNanos, call, duration, answer, after, metrics.getNumberOfBufferedCalls(),
                metrics.getNumberOfFailedCalls(), metrics.getNumberOfSlowCalls(), metrics.getNumberOfSlowFailedCalls(),
                metrics.getNumberOfNotPermittedCalls(), metrics.getFailureRate(), metrics.getSlowCallRate());
        }
    }

    /** Moves the clock, often not at all or exactly onto a boundary, and runs the timers that come due on the way. */
    private static void advance(Random random, long waitNanos) {
        long to = clock.nowNanos + switch (random.nextInt(12)) {
            case 0 -> waitNanos;
            case 1 -> waitNanos / 1_000_000 * 1_000_000;
            case 2 -> 250_000_000L * random.nextInt(5);
            case 3 -> 1;
            case 4, 5 -> random.nextInt(300_000_000);
            case 6 -> random.nextInt(50) == 0 ? 60_000_000_000L : random.nextInt(2_000_000_000);
            default -> 0;
        };
        advanceTo(to);
    }

    private static void advanceTo(long to) {
        while (true) {
            Timer next = null;
            for (Timer timer : TIMERS) {
                if (!timer.cancelled && timer.dueNanos <= to && (next == null || timer.dueNanos < next.dueNanos)) {
                    next = timer;
                }
            }
            if (next == null) {
                break;
            }
            TIMERS.remove(next);
            clock.nowNanos = Math.max(clock.nowNanos, next.dueNanos);
            next.task.run();
        }
        TIMERS.removeIf(timer -> timer.cancelled);
        clock.nowNanos = to;
    }

    private static String choose(Random random, double failing) {
        int kind = random.nextInt(100);
        if (kind < 40) {
            return "acquire";
        }
        if (kind < 88) {
            return random.nextDouble() < failing ? "failure" : "success";
        }
        if (kind < 92) {
            return "ignored";
        }
        if (kind < 95) {
            return "release";
        }
        if (random.nextInt(3) != 0) {
            return "acquire";
        }
        State[] states = {State.CLOSED, State.CLOSED, State.OPEN, State.HALF_OPEN, State.DISABLED, State.METRICS_ONLY, State.FORCED_OPEN};
        return "to-" + states[random.nextInt(states.length)];
    }

    private static String perform(CircuitBreaker breaker, String call, long duration) {
        try {
            switch (call) {
                case "acquire" -> {
                    return breaker.tryAcquirePermission() ? "yes" : "no";
                }
                case "success" -> breaker.onSuccess(duration, TimeUnit.NANOSECONDS);
                case "failure" -> breaker.onError(duration, TimeUnit.NANOSECONDS, new RuntimeException());
                case "ignored" -> breaker.onError(duration, TimeUnit.NANOSECONDS, new Ignored());
                case "release" -> breaker.releasePermission();
                case "to-CLOSED" -> breaker.transitionToClosedState();
                case "to-OPEN" -> breaker.transitionToOpenState();
                case "to-HALF_OPEN" -> breaker.transitionToHalfOpenState();
                case "to-DISABLED" -> breaker.transitionToDisabledState();
                case "to-METRICS_ONLY" -> breaker.transitionToMetricsOnlyState();
                case "to-FORCED_OPEN" -> breaker.transitionToForcedOpenState();
                default -> throw new IllegalArgumentException(call);
            }
            return "done";
        } catch (IllegalStateTransitionException e) {
            return "illegal";
        }
    }
}
