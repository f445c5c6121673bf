using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Viddhana.Tests.Engine.Miner;

[TestFixture, CancelAfter(60_000)]
public sealed class TlsTests
{
    [Test]
    public async Task A_pool_with_TLS_is_mined_at_and_its_certificate_is_checked_unless_told_otherwise()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pool.example", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using var pool = new FakePool(certificate);

        var (exit, _) = await MinerTests.Mine(pool, workers: 1, shares: 20, insecure: true);
        Assert.That(exit, Is.Zero);
        Assert.That(pool.Seen, Has.Count.GreaterThanOrEqualTo(20).And.All.Matches<SeenShare>(share => share.IsMet));

        var (refused, run) = await MinerTests.Mine(pool, workers: 1, shares: 1, seconds: 2);
        Assert.That(refused, Is.EqualTo(1));
        Assert.That(run.Totals.Connects, Is.Zero, "a certificate that nobody vouches for ends the connection");
    }
}
