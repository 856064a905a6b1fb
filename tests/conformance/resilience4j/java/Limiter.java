import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** Random walks over rate limiters, with a nanosecond source that the harness moves. */
final class Limiter {
    private static final long MS = 1_000_000L;
    private static long now;
    /** Reads of the clock left before it starts to tick; negative while it stands still. */
    private static int readsUntilTicking = -1;
    private static long ticked;

    /**
     * Stands still, except for a caller that blocks: then every other read (the condition of the loop that parks) is a
     * tick later, and the reads between them (how long to park) are far ahead so that the park ends at once.
     */
    private static Long read() {
        if (readsUntilTicking < 0) {
            return now;
        }
        if (readsUntilTicking > 0) {
            readsUntilTicking--;
            return now;
        }
        ticked++;
        return ticked % 2 == 1 ? now + ticked / 2 * MS : Long.MAX_VALUE / 2;
    }

    static void run(Path folder, Random random, int steps, int configs) {
        try (Trace trace = new Trace(folder, "rate_limiter",
            "config: limit,period ns,timeout ns,created ns | step: at ns,call,argument,answer,waited ns,"
                + "available permits,wait for the next ns")) {
            for (int walk = 0; walk < configs; walk++) {
                walk(trace, random, steps / configs);
            }
        }
    }

    private static void walk(Trace trace, Random random, int steps) {
        boolean fine = random.nextInt(3) == 0;
        long unit = fine ? 1 : MS;
        int limit = 1 + random.nextInt(random.nextBoolean() ? 3 : 20);
        long period = unit * (1 + random.nextInt(100));
        long timeout = unit * random.nextInt(400);
        now = unit * random.nextInt(1000);
        AtomicRateLimiter limiter = new AtomicRateLimiter("walk", RateLimiterConfig.custom()
            .limitForPeriod(limit)
            .limitRefreshPeriod(Duration.ofNanos(period))
            .timeoutDuration(Duration.ofNanos(timeout))
            .build(), Limiter::read);
        trace.config(limit, period, timeout, now);
        for (int step = 0; step < steps; step++) {
            now += switch (random.nextInt(8)) {
                case 0 -> period;
                case 1 -> unit * random.nextInt(300);
                case 2, 3 -> unit * random.nextInt(20);
                case 4 -> random.nextInt(30) == 0 ? period * 1000 : 0;
                default -> 0;
            };
            int kind = random.nextInt(100);
            String call;
            long argument = 1 + random.nextInt(random.nextInt(4) == 0 ? 2 * limit : 3);
            String answer = "done";
            long waited = 0;
            if (kind < (fine ? 92 : 60)) {
                call = "reserve";
                waited = limiter.reservePermission((int) argument);
                answer = waited < 0 ? "no" : "yes";
                waited = Math.max(0, waited);
            } else if (kind < 92) {
                call = "acquire";
                // Two reads come before the loop: for the state, and for the deadline.
                readsUntilTicking = 2;
                ticked = 0;
                answer = limiter.acquirePermission((int) argument) ? "yes" : "no";
                readsUntilTicking = -1;
                waited = ticked == 0 ? 0 : ticked / 2 * MS;
            } else if (kind < 96) {
                call = "drain";
                limiter.drainPermissions();
            } else if (kind < 98) {
                call = "limit";
                argument = 1 + random.nextInt(20);
                limiter.changeLimitForPeriod((int) argument);
            } else {
                call = "timeout";
                argument = unit * random.nextInt(400);
                limiter.changeTimeoutDuration(Duration.ofNanos(argument));
            }
            trace.step(now, call, argument, answer, waited, limiter.getMetrics().getAvailablePermissions(),
                limiter.getDetailedMetrics().getNanosToWait());
        }
    }
}
