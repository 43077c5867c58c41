import java.nio.ByteBuffer;
import java.util.*;

/** Programs that leak and programs that do not: MODE BYTES_A_SECOND [GARBAGE_BLOCKS_A_TICK]. */
public class Heaps {
    static final int TICKS_A_SECOND = 10;
    static final List<Object> kept = new ArrayList<>();
    static final Map<String, Object> sessions = new HashMap<>();
    static volatile Object garbage;

    public static void main(String[] arguments) throws Exception {
        String mode = arguments[0];
        int bytesASecond = Integer.parseInt(arguments[1]);
        int garbageBlocks = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 250;
        Runnable tick = tick(mode, bytesASecond / TICKS_A_SECOND);
        try {
            for (long next = System.nanoTime(); ; next += 1_000_000_000L / TICKS_A_SECOND) {
                for (int i = 0; i < garbageBlocks; i++) garbage = new byte[4096];
                tick.run();
                Thread.sleep(Math.max(0, (next - System.nanoTime()) / 1_000_000));
            }
        } catch (OutOfMemoryError dead) {
            Runtime.getRuntime().halt(3);
        }
    }

    static Runnable tick(String mode, int bytes) {
        switch (mode) {
            case "list": // keeps everything
                return () -> { for (int i = 0; i < bytes / 4096; i++) kept.add(new byte[4080]); };
            case "sessions": // nobody logs out
                return () -> {
                    for (int i = 0; i < bytes / 2048; i++)
                        sessions.put("user " + sessions.size(), new char[960]);
                };
            case "listeners": // each holds what it was made beside
                return () -> {
                    byte[] beside = new byte[bytes];
                    Runnable listener = () -> garbage = beside;
                    kept.add(listener);
                };
            case "direct": // outside the heap
                return () -> kept.add(ByteBuffer.allocateDirect(bytes).putLong(0, 1));
            case "twin": // as "list", but keeps nothing
                return () -> { for (int i = 0; i < bytes / 4096; i++) garbage = new byte[4080]; };
            case "lru": { // a cache of 60 MB, whose entries are replaced
                Map<Integer, Object> cache = new LinkedHashMap<>(16, 0.75f, true) {
                    protected boolean removeEldestEntry(Map.Entry<Integer, Object> eldest) {
                        return size() > 60_000_000 / 4096;
                    }
                };
                Random luck = new Random(1);
                int[] next = {0};
                return () -> {
                    for (int i = 0; i < bytes / 4096; i++) cache.put(next[0]++, new byte[4080]);
                    for (int i = 0; i < 500; i++) cache.get(next[0] - luck.nextInt(20_000));
                };
            }
            case "batches": // two minutes of work, then all of it is dropped
                return () -> {
                    for (int i = 0; i < bytes / 4096; i++) kept.add(new byte[4080]);
                    if (kept.size() > 120 * TICKS_A_SECOND * (bytes / 4096)) kept.clear();
                };
            case "expiring": { // sessions that end after three minutes
                Deque<Object> open = new ArrayDeque<>();
                return () -> {
                    for (int i = 0; i < bytes / 2048; i++) open.add(new char[960]);
                    while (open.size() > 180 * TICKS_A_SECOND * (bytes / 2048)) open.remove();
                };
            }
            case "mixed": { // such sessions, and a leak beside them that is as large each second
                Deque<Object> open = new ArrayDeque<>();
                return () -> {
                    for (int i = 0; i < bytes / 2048; i++) {
                        open.add(new char[960]);
                        kept.add(new char[960]);
                    }
                    while (open.size() > 180 * TICKS_A_SECOND * (bytes / 2048)) open.remove();
                };
            }
            case "warming": { // a cache of 60 MB at most, which fills the slower the fuller it is
                Map<Integer, Object> cache = new HashMap<>();
                Random luck = new Random(1);
                return () -> {
                    for (int i = 0; i < bytes / 4096; i++)
                        cache.computeIfAbsent(luck.nextInt(60_000_000 / 4096), k -> new byte[4080]);
                };
            }
            case "random": { // a cache of 60 MB, whose entries are replaced at random
                Object[] cache = new Object[60_000_000 / 4096];
                Random luck = new Random(1);
                return () -> {
                    for (int i = 0; i < bytes / 4096; i++)
                        cache[luck.nextInt(cache.length)] = new byte[4080];
                };
            }
            case "pool": { // buffers outside the heap, 48 at most: as many as were needed at once
                Deque<ByteBuffer> free = new ArrayDeque<>();
                Random luck = new Random(1);
                int[] made = {0};
                return () -> {
                    int wanted = 0;
                    while (wanted < 48 && luck.nextInt(10) < 7) wanted++;
                    List<ByteBuffer> used = new ArrayList<>();
                    for (; wanted > 0 && (!free.isEmpty() || made[0] < 48); wanted--) {
                        if (free.isEmpty()) made[0]++;
                        used.add(free.isEmpty() ? ByteBuffer.allocateDirect(1 << 20) : free.pop());
                    }
                    for (ByteBuffer buffer : used) for (int i = 0; i < 1 << 20; i += 4096) buffer.put(i, (byte) 1);
                    free.addAll(used);
                };
            }
            case "filling": { // buffers outside the heap, 24 MB, one after another, and no more
                return () -> {
                    if (kept.size() * (long) bytes < 24_000_000)
                        kept.add(ByteBuffer.allocateDirect(bytes).putLong(0, 1));
                };
            }
            case "threads": { // a pool of threads that grows to 150 in five minutes
                int[] ticks = {0};
                return () -> {
                    if (ticks[0]++ % 20 != 0 || ticks[0] > 150 * 20) return;
                    Thread one = new Thread(() -> { deep(200); while (true) pause(); });
                    one.setDaemon(true);
                    one.start();
                };
            }
            default:
                throw new IllegalArgumentException(mode);
        }
    }

    static int deep(int frames) {
        return frames == 0 ? 0 : 1 + deep(frames - 1);
    }

    static void pause() {
        try {
            Thread.sleep(1000);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }
}
