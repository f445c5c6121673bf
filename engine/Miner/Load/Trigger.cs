using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Viddhana.Miner.Load;

/// <summary>Makes a new block: a request to a URL, or a command of the shell.</summary>
/// <param name="Method">GET or POST; null for a command.</param>
/// <param name="Text">The URL or the command.</param>
internal sealed record Trigger(string? Method, string Text)
{
    /// <summary>Pulls it and waits until it was taken; throws when it was not.</summary>
    public Task PullAsync() => Method is null ? RunAsync() : RequestAsync(new Uri(Text));

    private async Task RunAsync()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Text]) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new IOException($"the trigger ended with {process.ExitCode}: {Text}");
    }

    /// <summary>Over a bare socket: nothing is set up at the first request that the later ones would not need.</summary>
    private async Task RequestAsync(Uri url)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(url.Host, url.Port);
        var request = $"{Method} {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var buffer = new byte[4_096];
        var length = await socket.ReceiveAsync(buffer);
        var answer = Encoding.ASCII.GetString(buffer, 0, length);
        if (answer.Split(' ') is not [_, ['2', ..], ..]) throw new IOException($"the trigger was not taken: {answer.Split('\r')[0]}");
    }
}
