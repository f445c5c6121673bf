using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

public sealed class ExtranonceNumbersTests
{
    [Test]
    public void The_instance_is_in_the_upper_ten_bits()
    {
        var numbers = new ExtranonceNumbers(1023);

        Assert.That(numbers.Take(), Is.EqualTo(1023u << 22));
        Assert.That(numbers.Take(), Is.EqualTo((1023u << 22) + 1));
    }

    [Test]
    public void A_number_rests_until_every_job_of_its_owner_is_retired()
    {
        var numbers = new ExtranonceNumbers(0, count: 1);
        var number = numbers.Take()!.Value;
        numbers.Return(number, lastSerial: 7);
        Assert.That(numbers.Take(), Is.Null, "job 7 is alive");

        numbers.JobsRetiredBelow(7);
        Assert.That(numbers.Take(), Is.Null, "job 7 is still alive");

        numbers.JobsRetiredBelow(8);
        Assert.That(numbers.Take(), Is.EqualTo(number));
    }

    [Test]
    public void No_two_connections_have_one_number_at_a_time_whatever_comes_and_goes()
    {
        const int Seed = 4711;
        var chance = new Random(Seed);
        var numbers = new ExtranonceNumbers(3, count: 100);
        var held = new HashSet<uint>();
        var rests = new List<(uint Number, uint Serial)>();
        var serial = 1u;
        for (var step = 0; step < 20_000; step++)
        {
            if (chance.Next(3) > 0 && numbers.Take() is { } taken)
            {
                Assert.That(held.Add(taken), Is.True, $"seed {Seed}, step {step}: {taken:x} was given twice");
                Assert.That(rests.Exists(rest => rest.Number == taken), Is.False, $"seed {Seed}, step {step}: {taken:x} was still resting");
            }
            else if (held.Count > 0)
            {
                var number = held.ElementAt(chance.Next(held.Count));
                held.Remove(number);
                numbers.Return(number, serial);
                rests.Add((number, serial));
            }

            if (chance.Next(10) > 0) continue;
            serial++;
            var oldest = serial - (uint)chance.Next((int)Math.Min(serial, 4));
            numbers.JobsRetiredBelow(oldest);
            rests.RemoveAll(rest => rest.Serial < oldest);
        }

        Assert.That(held, Is.Not.Empty);
    }

    [Test]
    public async Task Without_a_free_number_a_connection_is_refused()
    {
        using var engine = new TestEngine(numbers: 1);
        engine.NewJob();
        var port = engine.Listen();
        using var first = await TestClient.ConnectAsync(port);
        await first.LoginAsync();
        using var second = await TestClient.ConnectAsync(port);

        Assert.That(await second.IsClosedAsync());
        Assert.That(engine.Closed("no_number"), Is.EqualTo(1));
    }
}
