namespace FastHyper.Followers.LinearQuadratic;

/// <summary>A closed form over the matrices that a problem configures.</summary>
/// <typeparam name="TModel">The matrices, or derivatives in them.</typeparam>
/// <param name="model">To be configured.</param>
/// <param name="cotangents">To be differentiated into.</param>
internal abstract class ClosedForm<TModel>(TModel model, TModel cotangents) : IClosedForm
{
    /// <inheritdoc/>
    public abstract double Temperature { set; }

    /// <inheritdoc/>
    public abstract RiccatiCertificate Certificate { get; }

    /// <inheritdoc/>
    public abstract double UndiscountedReturn { get; }

    /// <inheritdoc/>
    public abstract double Entropy { get; }

    /// <summary>What x configured last.</summary>
    public TModel Model => model;

    /// <inheritdoc/>
    public abstract void Describe(LinearQuadraticSystem system);

    /// <inheritdoc/>
    public double Evaluate(ReadOnlySpan<double> x)
    {
        Configure(x, model);
        return Solve(model);
    }

    /// <summary>J(x) and ∇J(x).</summary>
    /// <param name="x">(P).</param>
    /// <param name="gradient">(P), written; NaN where there is none.</param>
    /// <returns>J.</returns>
    public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
    {
        double value = Evaluate(x);
        gradient.Fill(double.IsFinite(value) ? 0 : double.NaN);
        if (double.IsFinite(value)) AddGradient(x, gradient, fixedPolicy: false);
        return value;
    }

    /// <inheritdoc/>
    public void Differentiate(ReadOnlySpan<double> x, Span<double> direct, Span<double> response)
    {
        direct.Clear();
        response.Clear();
        AddGradient(x, direct, fixedPolicy: true);
        AddGradient(x, response, fixedPolicy: false);
        for (int p = 0; p < response.Length; p++) response[p] -= direct[p];
    }

    /// <summary>What x does, from zeros.</summary>
    protected abstract void Configure(ReadOnlySpan<double> x, TModel model);

    /// <summary>The leader's return under the response to the model; NaN where there is none.</summary>
    protected abstract double Solve(TModel model);

    /// <summary>Derivatives of the return in the model, written.</summary>
    protected abstract void Differentiate(TModel model, TModel cotangents, bool fixedPolicy);

    /// <summary>gradient += (∂model/∂x)ᵀ cotangents.</summary>
    public abstract void Pullback(ReadOnlySpan<double> x, TModel cotangents, Span<double> gradient);

    private void AddGradient(ReadOnlySpan<double> x, Span<double> gradient, bool fixedPolicy)
    {
        Differentiate(model, cotangents, fixedPolicy);
        Pullback(x, cotangents, gradient);
    }
}
