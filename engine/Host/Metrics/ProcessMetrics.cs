using System.Diagnostics;

namespace Viddhana.Engine.Metrics;

/// <summary>What the process itself takes, under the names that Prometheus' client libraries use. Read at each scrape.</summary>
internal static class ProcessMetrics
{
    private static readonly double s_startUnixSeconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1_000.0;

    /// <summary>Registers them.</summary>
    public static void AddTo(MetricsRegistry metrics)
    {
        metrics.Gauge("process_start_time_seconds", "Start of the process, Unix time.", () => s_startUnixSeconds);
        metrics.Gauge(
            "process_cpu_seconds_total", "CPU time, user and system.", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        metrics.Gauge("process_resident_memory_bytes", "Resident memory.", () => Environment.WorkingSet);
        metrics.Gauge("process_open_fds", "Open file descriptors.", OpenDescriptors);
        metrics.Gauge("dotnet_gc_heap_bytes", "Managed heap in use, garbage included.", () => GC.GetTotalMemory(false));
        metrics.Gauge("dotnet_gc_live_bytes", "Managed heap that the last collection left.", () => GC.GetGCMemoryInfo().HeapSizeBytes);
        metrics.Gauge(
            "dotnet_gc_pause_seconds_total", "Time that collections held up all threads.", () => GC.GetTotalPauseDuration().TotalSeconds);
        metrics.Gauge("dotnet_gc_collections_total", "Collections of all generations.", () => GC.CollectionCount(0));
    }

    private static double OpenDescriptors()
    {
        if (!OperatingSystem.IsLinux()) return double.NaN;
        using var self = Process.GetCurrentProcess();
        return self.HandleCount;
    }
}
