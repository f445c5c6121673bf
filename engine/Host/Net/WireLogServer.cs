using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Net;

/// <summary>
/// Where operators ask for the wire log, and for a fresh extranonce1 of some connections: a unix socket that only the engine's own user may
/// open. One line asks, lines follow until the time is over or the asker goes. Each watch has a thread of its own while it lasts, which
/// alone waits for its reader.
/// </summary>
public sealed class WireLogServer : IDisposable
{
    /// <summary>Name of the socket, in the journal directory: one engine owns that.</summary>
    public const string FileName = "wirelog.sock";

    /// <summary>Longest watch in minutes.</summary>
    public const int MinutesMax = 24 * 60;

    private const int RequestMax = 1_024;
    private const int PatienceMs = 5_000;
    private const int LookMs = 1_000;
    private const uint OwnerOnly = 0x180;   // 0600 in octal

    private readonly Socket _socket;
    private readonly string _path;
    private readonly WireLog _wireLog;
    private readonly IReadOnlyList<Loop> _loops;
    private readonly Log _log;
    private readonly CancellationTokenSource _stop = new();

    private WireLogServer(Socket socket, string path, WireLog wireLog, IReadOnlyList<Loop> loops, Log log)
    {
        _loops = loops;
        _socket = socket;
        _path = path;
        _wireLog = wireLog;
        _log = log;
    }

    /// <summary>Binds and begins to serve. A socket of an earlier process is replaced: the directory's lock is ours.</summary>
    /// <exception cref="SocketException">The socket cannot be made there.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket.</exception>
    public static WireLogServer Start(string directory, WireLog wireLog, IReadOnlyList<Loop> loops, Log log)
    {
        var path = Path.Combine(directory, FileName);
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Before it has a name: Linux gives the file the mode of its socket, so that there is no moment for anybody else.
            if (OperatingSystem.IsLinux()) _ = LibC.ChangeMode((int)socket.SafeHandle.DangerousGetHandle(), OwnerOnly);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(WireLog.WatchesMax);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var server = new WireLogServer(socket, path, wireLog, loops, log);
        _ = Task.Run(server.AcceptAsync);
        return server;
    }

    /// <summary>Ends all watches.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
        File.Delete(_path);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                new Thread(() => Serve(client)) { IsBackground = true, Name = "wirelog" }.Start();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                _log.Debug("wirelog", $"accept: {e.SocketErrorCode}");
                await Task.Delay(LookMs).ConfigureAwait(false);
            }
        }
    }

    private void Serve(Socket client)
    {
        using (client)
        {
            try
            {
                client.ReceiveTimeout = client.SendTimeout = PatienceMs;
                if (ReadRequest(client) is not { } text) return;
                if (!WireRequest.TryParse(text, out var request, out var error)) Say(client, $"! {error}\n");
                else if (request!.IsMove) Move(client, request);
                else Watch(client, request);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                _log.Debug("wirelog", $"a reader has gone: {e.Message}");
            }
            catch (Exception e)
            {
                _log.Error("wirelog", $"a watch failed: {e}");
            }
        }
    }

    private void Watch(Socket client, WireRequest request)
    {
        using var watch = new WireWatch(request.Range, request.Worker);
        if (!_wireLog.TryAdd(watch))
        {
            Say(client, $"! {WireLog.WatchesMax} wire logs are on already: end one of them\n");
            return;
        }

        try
        {
            _log.Info("wirelog", $"on: {request}");
            Say(client, $"# {request}; passwords are hidden; time, address, connection, direction\n");
            Follow(client, watch, Clock.MonotonicMs() + (request.Minutes * 60_000L));
        }
        finally
        {
            _wireLog.Remove(watch);
            _log.Info("wirelog", $"off: {request}");
        }
    }

    private void Move(Socket client, WireRequest request)
    {
        var worker = request.Worker is null ? null : Encoding.UTF8.GetBytes(request.Worker);
        var renumbering = new Renumbering(new ConnectionChoice(request.Range, worker), _loops.Count);
        foreach (var loop in _loops) loop.PostVisit(renumbering);
        var isDone = renumbering.Wait(PatienceMs);
        var result = $"{renumbering.Moved} connections have a fresh extranonce1, {renumbering.Unable} cannot follow and keep theirs"
            + (isDone ? "" : "; some are still to come");
        _log.Info("move", $"{request}: {result}");
        Say(client, result + "\n");
    }

    private void Follow(Socket client, WireWatch watch, long untilMs)
    {
        var output = new FrameBuffer(64 << 10);
        for (var leftMs = LookMs; leftMs > 0; leftMs = (int)Math.Min(LookMs, untilMs - Clock.MonotonicMs()))
        {
            if (!watch.TryTake(out var entry, leftMs, _stop.Token))
            {
                if (client.Poll(0, SelectMode.SelectRead)) return;   // it says nothing more: what can be read is its end
                continue;
            }

            WireText.Append(entry, output);
            entry.Return();
            if (watch.TakeDropped() is > 0 and var dropped)
                output.Write(Encoding.ASCII.GetBytes($"# {dropped} pieces are missing: they came faster than they were read\n"));
            Say(client, output.Written);
            output.Clear();
        }

        Say(client, "# the time is over\n");
    }

    private static string? ReadRequest(Socket client)
    {
        var buffer = new byte[RequestMax];
        for (var count = 0; count < buffer.Length;)
        {
            var received = client.Receive(buffer, count, buffer.Length - count, SocketFlags.None);
            if (received == 0) return null;
            count += received;
            var end = buffer.AsSpan(0, count).IndexOf((byte)'\n');
            if (end >= 0) return Encoding.ASCII.GetString(buffer, 0, end);
        }

        return null;
    }

    private static void Say(Socket client, string text) => Say(client, Encoding.ASCII.GetBytes(text));

    private static void Say(Socket client, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[client.Send(bytes)..];
    }
}

/// <summary>
/// What an operator asks for, as one line: <c>wirelog minutes=10 address=192.0.2.0/24 worker=NAME</c>, or the same with <c>move</c>, where
/// the minutes mean nothing.
/// </summary>
public sealed record WireRequest(int Minutes, IPNetwork? Range, string? Worker)
{
    private const string Word = "wirelog";
    private const string MoveWord = "move";

    /// <summary>True: not to read along, but to have a fresh extranonce1 sent.</summary>
    public bool IsMove { get; init; }

    /// <summary>The line, without its end.</summary>
    public string Line() => $"{(IsMove ? MoveWord : Word)} minutes={Minutes}"
        + (Range is { } range ? $" address={range}" : "") + (Worker is null ? "" : $" worker={Worker}");

    /// <inheritdoc/>
    public override string ToString() => (Range is { } range ? $"address {range}" : "any address")
        + (Worker is null ? "" : $", worker {Worker}") + (IsMove ? "" : $", for {Minutes} min");

    /// <summary>Reads and checks what an operator wrote; the error says what is allowed.</summary>
    public static bool TryMake(int minutes, string? address, string? worker, out WireRequest? request, out string error)
    {
        request = null;
        error = $"minutes must be 1 to {WireLogServer.MinutesMax}";
        if (minutes is < 1 or > WireLogServer.MinutesMax) return false;

        error = "give an address, a range of addresses, or a worker: all of the wire is more than anybody can read";
        if (address is null && worker is null) return false;

        error = "a worker is 1 to 191 printable characters without spaces";
        if (worker is not null && (worker.Length is 0 or > 191 || worker.AsSpan().ContainsAnyExceptInRange('!', '~'))) return false;

        IPNetwork? range = null;
        if (address is not null)
        {
            if (!AddressRange.TryParse(address, out var parsed, out var why))
            {
                error = $"address '{address}' {why}";
                return false;
            }

            range = parsed;
        }

        request = new WireRequest(minutes, range, worker);
        return true;
    }

    /// <summary>Reads a line.</summary>
    public static bool TryParse(string line, out WireRequest? request, out string error)
    {
        request = null;
        error = "this engine's wirelog is of another version: use the viddhana-engine that is running";
        var words = line.Split(' ');
        if (words[0] is not (Word or MoveWord)) return false;

        var (minutes, address, worker) = (0, (string?)null, (string?)null);
        foreach (var word in words.AsSpan(1))
        {
            var at = word.IndexOf('=');
            var (key, value) = at < 0 ? (word, "") : (word[..at], word[(at + 1)..]);
            if (key == "minutes") _ = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out minutes);
            else if (key == "address") address = value;
            else if (key == "worker") worker = value;
            else return false;
        }

        if (!TryMake(minutes, address, worker, out request, out error)) return false;

        request = request! with { IsMove = words[0] == MoveWord };
        return true;
    }
}
