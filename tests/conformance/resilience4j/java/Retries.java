import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** Failing calls through retries of every interval function, with the draws of `Math.random` known. */
final class Retries {
    static void run(Path folder, Random random, int steps, int configs) throws ReflectiveOperationException {
        Class<?> holder = Class.forName("java.lang.Math$RandomNumberGeneratorHolder");
        Field field = holder.getDeclaredField("randomNumberGenerator");
        field.setAccessible(true);
        Random drawn = (Random) field.get(null);
        try (Trace trace = new Trace(folder, "retry",
            "config: attempts,backoff,wait ns,multiplier,factor,longest ns"
                + " | step: failed attempts,draw,wait ms (-1: no retry)")) {
            for (int walk = 0; walk < configs; walk++) {
                walk(trace, random, drawn, steps / configs);
            }
        }
    }

    private static void walk(Trace trace, Random random, Random drawn, int steps) {
        int attempts = 1 + random.nextInt(12);
        String[] kinds = {"fixed", "randomized", "exponential", "exponential-random"};
        String kind = kinds[random.nextInt(kinds.length)];
        long waitNanos = 1_000_000L * (1 + random.nextInt(random.nextBoolean() ? 5 : 3000)) + random.nextInt(1_000_000);
        double multiplier = 1 + random.nextInt(30) / 10.0;
        double factor = random.nextInt(11) / 10.0;
        long longestNanos = random.nextBoolean() ? 0 : 1_000_000L * (1 + random.nextInt(20_000)) + random.nextInt(1_000_000);
        Duration wait = Duration.ofNanos(waitNanos);
        Duration longest = Duration.ofNanos(longestNanos);
        boolean capped = longestNanos > 0;
        RetryConfig.Builder<Object> builder = RetryConfig.custom().maxAttempts(attempts);
        switch (kind) {
            case "fixed" -> builder.waitDuration(wait);
            case "randomized" -> builder.intervalFunction(IntervalFunction.ofRandomized(wait, factor));
            case "exponential" -> builder.intervalFunction(capped
                ? IntervalFunction.ofExponentialBackoff(wait, multiplier, longest)
                : IntervalFunction.ofExponentialBackoff(wait, multiplier));
            default -> builder.intervalFunction(capped
                ? IntervalFunction.ofExponentialRandomBackoff(wait, multiplier, factor, longest)
                : IntervalFunction.ofExponentialRandomBackoff(wait, multiplier, factor));
        }
        trace.config(attempts, kind, waitNanos, multiplier, factor, longestNanos);
        Retry retry = Retry.of("walk", builder.build());
        int done = 0;
        while (done < steps) {
            Retry.AsyncContext<Object> context = retry.asyncContext();
            for (int failed = 1; failed <= attempts && done < steps; failed++, done++) {
                long seed = random.nextLong();
                drawn.setSeed(seed);
                double u = new Random(seed).nextDouble();
                trace.step(failed, u, context.onError(new RuntimeException()));
            }
        }
    }
}
