import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.StringJoiner;

/** One trace file: a header, `config` rows that start a new instance, and one `step` row for each call. */
final class Trace implements AutoCloseable {
    private final PrintWriter out;
    private final String name;
    private int steps;

    Trace(Path folder, String name, String meaning) {
        this.name = name;
        try {
            out = new PrintWriter(Files.newBufferedWriter(folder.resolve(name + ".csv")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.print("# " + meaning + "\n");
    }

    void config(Object... cells) {
        row("config", cells);
    }

    void step(Object... cells) {
        row("step", cells);
        steps++;
    }

    private void row(String kind, Object... cells) {
        StringJoiner line = new StringJoiner(",");
        line.add(kind);
        for (Object cell : cells) {
            line.add(String.valueOf(cell));
        }
        out.print(line + "\n");
    }

    @Override
    public void close() {
        out.close();
        System.out.println(name + " " + steps);
    }
}

/** A clock that only the harness moves; nanoseconds since the start of the run, which is `origin` after the epoch. */
final class HandClock extends Clock {
    final long originNanos;
    long nowNanos;

    HandClock(long originNanos) {
        this.originNanos = originNanos;
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(originNanos).plusNanos(nowNanos);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
