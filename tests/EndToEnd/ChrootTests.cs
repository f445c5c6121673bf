using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>The static engine in a folder that holds only itself, its configuration, a certificate, its data and /dev/urandom.</summary>
public sealed class ChrootTests
{
    [Test]
    public async Task The_static_engine_needs_no_file_of_the_system_and_speaks_TLS()
    {
        Assert.That(Environment.IsPrivilegedProcess, Is.True, "chroot needs root: sudo ./build.sh test");
        await using var chain = await SimulatedChain.Start("207fffff", transactions: 10);
        using var jail = new TemporaryFolder();
        var ports = FreePorts.Take(2);
        var fingerprint = await Furnish(jail, chain, await chain.NewAddress("pool"), ports);
        await using var engine = RunningProgram.Start("chroot", [jail.Path, "/viddhana-engine", "--config", "/viddhana.yaml"]);
        await engine.WaitForLine(fingerprint.ToLowerInvariant());
        await Eventually.Holds("the engine has a job", async () =>
        {
            using var http = new HttpClient();
            using var ready = await http.GetAsync($"http://127.0.0.1:{ports[1]}/ready");
            return ready.IsSuccessStatusCode;
        });

        foreach (var protocol in (System.Security.Authentication.SslProtocols[])
            [System.Security.Authentication.SslProtocols.Tls12, System.Security.Authentication.SslProtocols.Tls13])
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync("127.0.0.1", ports[0]);
            await using var tls = new SslStream(
                tcp.GetStream(), false, (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint);
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "pool.test", EnabledSslProtocols = protocol });
            var notify = await LogIn(tls, await chain.NewAddress("miners"));
            Assert.That(notify.GetProperty("params").GetArrayLength(), Is.EqualTo(9), $"{protocol}: {notify}");
        }

        Assert.That(await engine.Terminate(), Is.Zero, engine.Output);
        var left = Directory.EnumerateFileSystemEntries(jail.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.That(left, Is.EqualTo(new[] { "certificate.pem", "data", "dev", "key.pem", "viddhana-engine", "viddhana.yaml" }));
    }

    private static async Task<string> Furnish(TemporaryFolder jail, SimulatedChain chain, string address, int[] ports)
    {
        File.Copy(Programs.StaticEngine, jail["viddhana-engine"]);
        Directory.CreateDirectory(jail["data"]);
        Directory.CreateDirectory(jail["dev"]);
        var (code, output) = await RunningProgram.Run("mknod", [jail["dev/urandom"], "c", "1", "9"]);
        Assert.That(code, Is.Zero, output);

        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=pool.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        await File.WriteAllTextAsync(jail["certificate.pem"], certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(jail["key.pem"], key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(jail["viddhana.yaml"], string.Create(CultureInfo.InvariantCulture, $"""
            common:
              data: /data
            pools:
              - id: main
                coin: bitcoin
                network: regtest
                address: {address}
                nodes:
                  - url: {chain.Url}
                ports:
                  - listen: 127.0.0.1
                    port: {ports[0]}
                    tls: true
            engine:
              metrics:
                port: {ports[1]}
              tls:
                certificate: /certificate.pem
                key: /key.pem

            """));
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private static async Task<JsonElement> LogIn(SslStream tls, string address)
    {
        await tls.WriteAsync(Encoding.ASCII.GetBytes(
            $$"""
            {"id":1,"method":"mining.subscribe","params":["chroot/1.0"]}
            {"id":2,"method":"mining.authorize","params":["{{address}}.rig","x"]}

            """));
        using var reader = new StreamReader(tls, Encoding.ASCII);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var line = JsonDocument.Parse((await reader.ReadLineAsync(limit.Token))!).RootElement;
            if (line.TryGetProperty("method", out var method) && method.GetString() == "mining.notify") return line;
        }
    }
}
