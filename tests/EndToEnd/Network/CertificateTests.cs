using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Network;

/// <summary>A certificate that is renewed while miners mine.</summary>
[Category("a22")]
public sealed class CertificateTests : NetworkFixture
{
    [Test]
    public async Task A_new_certificate_is_used_without_a_restart_and_a_bad_one_is_not()
    {
        using var old = await Engine.Connect(Wire.Tls13);
        await AssertServed(old);

        Engine.RenewCertificate();
        await Used(Engine.Fingerprint);   // found by itself
        await AssertTlsPortsServe();

        File.WriteAllText(Engine.Certificate, "-----BEGIN CERTIFICATE-----\nnonsense\n");
        await Engine.Program.WaitForLine("the new certificate cannot be used, the old one stays");
        await Eventually.Get("the gauge shows it", () => Metric("stratum_tls_certificate_refused"), value => value == 1);
        await AssertTlsPortsServe();

        Engine.RenewCertificate();
        Engine.Program.Signal(1);   // asked for
        await Used(Engine.Fingerprint);
        await AssertTlsPortsServe();
        Assert.That(await Metric("stratum_tls_certificate_refused"), Is.Zero);
        var tomorrow = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeSeconds();
        Assert.That(await Metric("stratum_tls_certificate_not_after_seconds"), Is.EqualTo(tomorrow).Within(3_600));
        Assert.That(Engine.Program.Output.Split("cannot be used").Length - 1, Is.EqualTo(1), "told once, not at every look");

        Assert.That(await old.AnswersBeforeProbe(), Is.Empty, "a session of the first certificate goes on");
    }

    private Task Used(string fingerprint) => Engine.Program.WaitForLine($"new certificate .* SHA-256 {fingerprint.ToLowerInvariant()}$");

    private async Task AssertTlsPortsServe()
    {
        foreach (var port in new[] { Engine.Port(Wire.Tls13), AutoPort })
        {
            using var client = await WireClient.Connect(port, Wire.Tls13, Engine.Fingerprint);
            await AssertServed(client);
        }
    }
}
