using System.Diagnostics;

namespace Viddhana.Tests.Shared;

/// <summary>Waits for something to come true; the bound is generous, the failure says what was last seen.</summary>
internal static class Eventually
{
    public static async Task<T> Get<T>(string what, Func<Task<T>> look, Func<T, bool> holds, TimeSpan? max = null)
    {
        var limit = max ?? RunningProgram.WaitMax;
        object? last = null;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < limit;)
        {
            try
            {
                var seen = await look();
                if (holds(seen)) return seen;
                last = seen;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
            {
                last = failure.Message;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"{what}: not within {limit.TotalSeconds} s; last seen: {last}");
    }

    public static Task<bool> Holds(string what, Func<Task<bool>> look, TimeSpan? max = null) => Get(what, look, seen => seen, max);

    /// <summary>Looks every few milliseconds: for what happens in this process.</summary>
    public static async Task True(Func<bool> holds, string what)
    {
        for (var watch = Stopwatch.StartNew(); !holds(); await Task.Delay(5))
            if (watch.Elapsed > RunningProgram.WaitMax) throw TooLate(what);
    }

    /// <summary>The task's result, or a failure that names what was waited for.</summary>
    public static async Task<T> Result<T>(Task<T> task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(RunningProgram.WaitMax)) == task) return await task;
        throw TooLate(what);
    }

    private static TimeoutException TooLate(string what) => new($"{what}: not within {RunningProgram.WaitMax.TotalSeconds} s");
}
