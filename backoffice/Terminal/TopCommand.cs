using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Viddhana.Backoffice.Terminal;

/// <summary>Runs <c>top</c>: a live table on a terminal, or its figures once as plain text.</summary>
internal static class TopCommand
{
    private const int Failed = 1;
    private const int Wrong = 2;
    private const int PlainWidth = 160;

    /// <summary>The second screen without a cursor, and back (xterm's private modes 1049 and 25, which all terminals know).</summary>
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Leave = "\u001b[?25h\u001b[?1049l";

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Returns the exit code.</summary>
    public static async Task<int> RunAsync(Uri url, string? pool, bool once, CancellationToken cancel)
    {
        if (!once && Console.IsOutputRedirected)
        {
            await Console.Error.WriteLineAsync("top: this is no terminal; --once prints the figures as plain text");
            return Wrong;
        }

        using var feed = new TopFeed(url);
        try
        {
            await feed.LoadAsync(pool, cancel);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"top: {Plain.Name(error.Message, 300)}");
            return Failed;
        }

        if (once) Print(feed.State);
        else await ShowAsync(feed, cancel);
        return 0;
    }

    private static void Print(TopState state)
    {
        foreach (var (text, _) in TopScreen.Lines(state, PlainWidth, int.MaxValue, 0, DateTimeOffset.UtcNow)) Console.WriteLine(text);
    }

    private static async Task ShowAsync(TopFeed feed, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        var events = Channel.CreateBounded<ConsoleKeyInfo?>(
            new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite });
        if (!Console.IsInputRedirected) new Thread(() => ReadKeys(events.Writer)) { IsBackground = true, Name = "keys" }.Start();

        Console.Out.Write(Enter);
        try
        {
            await LoopAsync(feed, events, end);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked to stop: the terminal is given back below.
            await end.CancelAsync();
        }
        finally
        {
            Console.Out.Write(Leave);
            await Console.Out.FlushAsync(CancellationToken.None);
        }

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            end.Cancel();
        }
    }

    private static async Task LoopAsync(TopFeed feed, Channel<ConsoleKeyInfo?> events, CancellationTokenSource end)
    {
        var following = Follow(feed, events.Writer, end.Token);
        var scroll = 0;
        while (true)
        {
            var state = feed.State;
            scroll = Math.Clamp(scroll, 0, TopScreen.ScrollMax(state));
            // Asked for each time: the terminal may have another size by now.
            var (width, height) = (Math.Max(20, Console.WindowWidth), Math.Max(5, Console.WindowHeight));
            var lines = TopScreen.Lines(state, width, height, scroll, DateTimeOffset.UtcNow);
            Console.Out.Write(TopScreen.Draw(lines, string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))));
            if (await NextAsync(events.Reader, end.Token) is not { } key) continue;
            if (key.Key is ConsoleKey.Q or ConsoleKey.Escape) break;

            scroll += key.Key switch
            {
                ConsoleKey.DownArrow => 1,
                ConsoleKey.UpArrow => -1,
                ConsoleKey.PageDown => height / 2,
                ConsoleKey.PageUp => -height / 2,
                _ => 0,
            };
            var step = key.Key switch { ConsoleKey.RightArrow => 1, ConsoleKey.LeftArrow => -1, _ => 0 };
            if (step == 0 || state.Pools.Count < 2) continue;

            await following.DisposeAsync();
            scroll = 0;
            var place = state.Pools.ToList().IndexOf(state.Pool) + step + state.Pools.Count;
            await feed.ChooseAsync(state.Pools[place % state.Pools.Count], end.Token);
            following = Follow(feed, events.Writer, end.Token);
        }

        await following.DisposeAsync();
    }

    /// <summary>The next key; null after news, or after a second: times pass.</summary>
    private static async Task<ConsoleKeyInfo?> NextAsync(ChannelReader<ConsoleKeyInfo?> events, CancellationToken cancel)
    {
        using var tick = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        tick.CancelAfter(Tick);
        try
        {
            return await events.ReadAsync(tick.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private static Following Follow(TopFeed feed, ChannelWriter<ConsoleKeyInfo?> events, CancellationToken cancel)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        return new Following(end, feed.FollowAsync(() => events.TryWrite(null), end.Token));
    }

    private static void ReadKeys(ChannelWriter<ConsoleKeyInfo?> events)
    {
        while (true) events.TryWrite(Console.ReadKey(intercept: true));
    }

    private sealed class Following(CancellationTokenSource end, Task task) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            end.Dispose();
        }
    }
}
