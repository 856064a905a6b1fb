import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Writes one trace for each policy. Arguments: the folder, the seed, the steps of each policy. */
public final class Harness {
    public static void main(String[] arguments) {
        try {
            write(arguments);
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    private static void write(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        int steps = Integer.parseInt(arguments[2]);
        int configs = Math.max(20, steps / 250);
        Files.createDirectories(folder);
        Breaker.takeOverScheduler();
        Breaker.run(folder, new Random(seed), steps, configs);
        Limiter.run(folder, new Random(seed + 1), steps, configs);
        Retries.run(folder, new Random(seed + 2), steps, configs);
        Bulkheads.semaphores(folder, new Random(seed + 3), steps, configs);
        Bulkheads.threadPools(folder, new Random(seed + 4), steps, configs);
        TimeLimits.run(folder, new Random(seed + 5), steps, configs);
    }
}
